// SPDX-License-Identifier: Apache-2.0
/** Tests of where participants read on, with brokers and databases that change under them. */
@NullMarked
package dev.choreography.positions;

import org.jspecify.annotations.NullMarked;
