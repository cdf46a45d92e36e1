// SPDX-License-Identifier: Apache-2.0
/**
 * What turns records into local work and local work into records, free of Kafka and SQL.
 *
 * <pre>
 *   Incoming ─ Inbox ─> Delivery ─ Intake: one Journal.Transaction, rows locked first ─┐
 *                                                                                     v
 *   Relay &lt;─ after the commit ─ OutboxRow &lt;─ append ─ StepTurn: Protocol.decide, StepHandler
 * </pre>
 *
 * <p>{@link dev.choreography.engine.Journal}, {@link dev.choreography.engine.Relay} and {@link
 * dev.choreography.engine.EventCodec} are the ports.
 */
@NullMarked
package dev.choreography.engine;

import org.jspecify.annotations.NullMarked;
