// SPDX-License-Identifier: Apache-2.0
/**
 * Kafka in and out: the only package that knows its clients (the serde aside).
 *
 * <pre>
 *   Worker: poll ─> engine.Intake ─> dead letters ─> commit offsets
 *   KafkaRelay: committed outbox rows ─> topics
 *   Topics, Declarations: what is checked and published at the start
 * </pre>
 */
@NullMarked
package dev.choreography.kafka;

import org.jspecify.annotations.NullMarked;
