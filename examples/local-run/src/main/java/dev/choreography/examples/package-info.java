// SPDX-License-Identifier: Apache-2.0
/** What the examples share, so that each of them shows its choreography and little else. */
@NullMarked
package dev.choreography.examples;

import org.jspecify.annotations.NullMarked;
