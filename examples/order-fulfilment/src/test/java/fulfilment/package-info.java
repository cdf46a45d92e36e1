// SPDX-License-Identifier: Apache-2.0
@NullMarked
package fulfilment;

import org.jspecify.annotations.NullMarked;
