// SPDX-License-Identifier: Apache-2.0
/**
 * Whole choreographies in memory, in one thread's time and with a clock that is set: what the
 * runtime does with every event, and none of the waiting.
 *
 * <pre>
 *   Simulation ── many rounds of ──> Round ── turns of ──> Node: Inbox, Intake, Timers, Housekeeping
 *       │                              │                      │ journal         │ relay
 *   Guarantee &lt;── History ──────── Saga                  FaultyJournal        Outlet ──> Bus
 *                                                             │
 *                                            MemoryJournal or the real one
 * </pre>
 */
@NullMarked
package dev.choreography.testkit;

import org.jspecify.annotations.NullMarked;
