// SPDX-License-Identifier: Apache-2.0
@NullMarked
package trip;

import org.jspecify.annotations.NullMarked;
