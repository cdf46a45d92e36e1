// SPDX-License-Identifier: Apache-2.0
/** Where a service is put together: a participant hosts steps, and sagas are started. */
@NullMarked
package dev.choreography.participant;

import org.jspecify.annotations.NullMarked;
