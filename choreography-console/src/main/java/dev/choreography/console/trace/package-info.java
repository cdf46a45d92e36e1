// SPDX-License-Identifier: Apache-2.0
/**
 * A saga rebuilt from its events alone, and told to people and programs. The program's commands and
 * its tracker use the same.
 *
 * <pre>
 *   TracedEvent ──> Trace, what the protocol says of the events that are there
 *        └────────> SagaTrace, all of them in order ──> TraceJson, TraceText, Parking
 *   Declaration ──> Drawing
 * </pre>
 */
@NullMarked
package dev.choreography.console.trace;

import org.jspecify.annotations.NullMarked;
