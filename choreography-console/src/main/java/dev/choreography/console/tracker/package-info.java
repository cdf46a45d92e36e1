// SPDX-License-Identifier: Apache-2.0
/**
 * Every saga of every declared choreography, followed on its topics: a Kafka Streams application.
 *
 * <pre>
 *   topics ──> Addressing ──> by-saga (repartitioned) ──> Folding ──> saga_status
 *              which saga?    a saga, one partition        │
 *                                                          ├─ events   every record of a saga
 *                                                          ├─ sagas    Tracked: one summary each
 *                                                          ├─ index    lists, deadlines, retention
 *                                                          └─ counts   all that is a number
 *
 *   Tracker ──> Shards ─┬─ LocalShard   stores of this instance
 *                       └─ RemoteShard  those of another, over HTTP
 * </pre>
 *
 * <p>Index entries and counts are functions of a saga's summary alone ({@link
 * dev.choreography.console.tracker.Tracked#entries}, {@link
 * dev.choreography.console.tracker.Tracked#counts}): with each event what the old summary said is
 * taken away and what the new one says is added, so that they cannot drift apart.
 */
@NullMarked
package dev.choreography.console.tracker;

import org.jspecify.annotations.NullMarked;
