// SPDX-License-Identifier: Apache-2.0
/** What the tests of several packages share: real programs, declarations, records, handlers. */
@NullMarked
package dev.choreography.testbed;

import org.jspecify.annotations.NullMarked;
