// SPDX-License-Identifier: Apache-2.0
/**
 * Real Kafka, Schema Registry and PostgreSQL on this machine, without Docker.
 *
 * <pre>
 *   your JVM ── LocalEnvironment ──┬── LocalKafka ────── java GuardedMain KafkaNode
 *                                  ├── LocalRegistry ─── java GuardedMain (Apicurio's own main)
 *                                  └── LocalPostgres ─── sh ── postgres ── its backends
 *
 *   the children hold the read end of a pipe from your JVM: when it ends, they end
 * </pre>
 */
@NullMarked
package dev.choreography.local;

import org.jspecify.annotations.NullMarked;
