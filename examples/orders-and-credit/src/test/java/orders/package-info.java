// SPDX-License-Identifier: Apache-2.0
@NullMarked
package orders;

import org.jspecify.annotations.NullMarked;
