// SPDX-License-Identifier: Apache-2.0
/**
 * The saga protocol as pure functions: what a step hears, and what it does about it. No clock, no
 * I/O, no knowledge of Kafka, JDBC or Avro; the simulator and the explorer run these very classes.
 *
 * <pre>
 *   Graph ──hears(step)──> Signals ──added to──> Heard ──decide(graph, step, state, heard)──> Move
 * </pre>
 */
@NullMarked
package dev.choreography.protocol;

import org.jspecify.annotations.NullMarked;
