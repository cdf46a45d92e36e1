// SPDX-License-Identifier: Apache-2.0
/**
 * The trip booking as it runs for real: three services as processes, a real broker, registry and
 * PostgreSQL, bookings from outside and harm from outside.
 *
 * <pre>
 *   Booking ─> topics ─> ServiceProcess (x3) ─> KafkaProxy ─> Kafka
 *                               └────> PostgresProxy ─> PostgreSQL
 *   Trap: a message that a proxy holds back.   Verdict: how it all ended, seen from outside.
 * </pre>
 */
@NullMarked
package dev.choreography.acceptance;

import org.jspecify.annotations.NullMarked;
