// SPDX-License-Identifier: Apache-2.0
/**
 * The program behind {@code ./saga}.
 *
 * <pre>
 *   Console ── one class a command: DemoCommand ──> Demo, UpCommand ──> Up, and so on
 *
 *   Demo ─┬─ LocalEnvironment                    Kafka, registry, PostgreSQL
 *         ├─ Services ── ServiceProcess          the three services, as processes
 *         ├─ BookingPublisher                    bare booking_started events
 *         ├─ EventReader ──> trace.CausalOrder ──> trace.Trace, a saga rebuilt from its topics alone
 *         └─ FinalState                          topics, journals and inventories compared
 *
 *   Up ──> UpState, the file in which the others find it; LocalConsole
 *
 *   ConsoleCommand ──> ConsoleServer ─┬─ tracker.Tracker          follows every saga
 *                                     ├─ Api ──> Overview, Graphs, Participants, SagaLine
 *                                     ├─ Actions                  what operators do
 *                                     └─ web.Web                  HTTP, tokens, sessions
 *
 *   ConsoleOptions ──> ConsoleClient, of the commands that ask a console
 *
 *   ClusterOptions ──> Cluster ─┬─ SagaReader ──> trace.SagaTrace ──> TraceText, TraceJson
 *                               ├─ trace.Declaration ──> trace.Drawing
 *                               └─ DeadLetters ──> PutAside ──> Publisher
 * </pre>
 *
 * <p>Progress and trouble go to standard error, what was asked for to standard output.
 */
@NullMarked
package dev.choreography.console;

import org.jspecify.annotations.NullMarked;
