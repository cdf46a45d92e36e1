// SPDX-License-Identifier: Apache-2.0
/**
 * The runtime side by side with a hand-written pipeline and with the usual design.
 *
 * <pre>
 *   Bench ──> StepsBenchmark, HopBenchmark, ... ──> Stage: Kafka, registry, PostgreSQL
 *                        │ start, in turn
 *                        └──> Side: Ours, Limit, Usual ──> Figure ──> Report: table, JSON, page
 * </pre>
 *
 * <p>{@link dev.choreography.bench.Limit} and {@link dev.choreography.bench.Usual} share no code
 * with the runtime: what they and the runtime have in common is the environment, the events'
 * generated classes and the business' own SQL.
 */
@NullMarked
package dev.choreography.bench;

import org.jspecify.annotations.NullMarked;
