// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.Map;

/** What is measured and why, and what was aimed at. */
final class Meaning {

  private static final Map<String, String> BENCHMARKS =
      Map.of(
          "steps",
          """
          Durable steps a second through a backlog: journal, a trivial update of the business, outbox, publish. In `steps`
          the limit does the update for a whole batch with one statement; in `steps_single` with one statement for each saga,
          as a step handler does. `…_cpu` is the processor time that all of it takes for each step, broker and database included,
          which others on the machine move less than the rate. `steps_wal` is the write-ahead log that PostgreSQL writes for each step.""",
          "hop",
          """
          From the time at which an event is due to be published to the time at which a consumer has the event that follows
          it, one step further, at 1,000 a second.""",
          "counts",
          """
          Statements that the runtime itself sends, and commits, for each step: at saturation, and where steps come one at a
          time; and what an instance sends that has nothing to do.""",
          "trip",
          """
          The three services as three processes: trips completed a second until a backlog is through, and how long one takes from the
          time at which its start is due to its `car_booked`, at 50 a second, once a backlog is through. The limit is three hand-written processes with
          the services' SQL and tables, which confirm as the services do. `trip_failing_over_trip` is what is left of the
          rate where the car rejects 30 % and what was booked is undone; either way a saga has five events to handle.

          `trip_in_…` is where that time goes, by the headers of the events, all three hops together and on the average: sent
          by one and read by the next, with what it waits there while that one is busy (`broker`); read, and the handler
          not called yet (`inbox`); in the `handler`; made, and not sent yet (`commit`). A service handles a hundred events a
          second here, each in a transaction of its own, so whatever an event takes its successors wait for as well. What the
          limit has not is ours' `inbox`. Of 5.1 ms a batch in the flight service, 0.65 ms went into opening the
          transaction (a round trip for the lock that lets one batch run alone), 0.45 ms into handing the batch to a
          thread that can be left to itself where a handler hangs, 0.1 ms into reading the events; the rest is what the limit
          does, too. Events used to be published by the thread that had handed over, which cost another 0.3 ms, and
          forgetting what was published was a statement of its own, which cost 0.15 ms.""",
          "recovery",
          """
          Two instances of the flight service, 1,000 sagas a second, one is killed: how long until the other has done a step
          of the dead one's partitions, and how fast what had piled up was done, against what arrived. The broker here ends
          the session of a member that is silent for 6 s (`group.consumer.session.timeout.ms`; 45 s in a broker as it
          comes), and no takeover can be sooner than that.""",
          "idle",
          """
          A service that has nothing to do, on tables that are there already, two minutes after its start: before, the
          compiler still works on what happens once a second. By thread, three minutes after it: of 1.4 % of a processor
          Kafka's consumer took 0.44 in its background thread, the compiler 0.43, our own four threads together 0.42 (they
          poll, look for retries once a second and at the outbox every two), the rest of the virtual machine 0.1.""",
          "tracker",
          """
          The same three processes, with and without a console beside them that tracks all they publish, heap 512 MB:
          `tracker_trip_over_without` is what is left of their trips a second. The two processors are shared by the broker,
          three databases, three services and the console, so what one of them takes the others do not have. `tracker_backlog`
          is how many events it adds to sagas a second while the services are away, `tracker_folded` while they do what they
          can, and `tracker_keeps_up` is that for each event they publish: below 1 it falls behind meanwhile, and catches up
          when they have less to do. On two processors it does fall behind: the services leave it little, and a profile of
          its thread has most of the time in writing the stores of Kafka Streams and in sending. `tracker_behind` is how old
          an event is when the console shows it, once it has caught up, at the end of a time with 200 trips a second: the
          most of the last second.""",
          "churn",
          """
          What is left of the rate of `steps` with ten million ended sagas in the journal, and after five minutes of work
          behind a snapshot that is still held, so that nothing could be cleaned up. The limit was asked the latter, too:
          PostgreSQL itself has more to pass then. Ours was at 0.60 as long as each second's look for unpublished events
          passed all that was deleted; the figure below is from when it began where one was thought to lie still, which lost
          some. It now passes all again, so seldom that it takes at most a twentieth of one backend's time
          ([decision 5](decisions/0005-a-sweep-skips-nothing.md)).""");

  private static final Map<String, String> TARGETS =
      Map.ofEntries(
          Map.entry("steps", "≥ 0.75 of limit, ≥ 5 × usual"),
          Map.entry("steps_single", "≥ 3 × usual"),
          Map.entry("steps_wal", "≤ 1.5 × limit"),
          Map.entry("hop_p50", "≤ 1.3 × limit"),
          Map.entry("hop_p99", "≤ 1.5 × limit"),
          Map.entry("statements_saturated", "≤ 0.05"),
          Map.entry("commits_saturated", "≤ 0.01"),
          Map.entry("statements_alone", "≤ 6"),
          Map.entry("commits_alone", "≤ 2"),
          Map.entry("trip", "≥ 0.7 of limit"),
          Map.entry("trip_failing_over_trip", "≥ 0.8"),
          Map.entry("trip_p50", "≤ 1.3 × limit"),
          Map.entry("trip_p99", "≤ 1.5 × limit"),
          Map.entry("recovery_drain_over_arrival", "≥ 3"),
          Map.entry("idle_start_to_ready", "< 3"),
          Map.entry("idle_cpu", "< 1"),
          Map.entry("idle_heap", "< 64"),
          Map.entry("churn_ended_over_fresh", "≥ 0.9"),
          Map.entry("churn_snapshot_over_fresh", "≥ 0.9"));

  private Meaning() {}

  static String ofBenchmark(String name) {
    return BENCHMARKS.getOrDefault(name, "").strip();
  }

  static String target(String figure) {
    return TARGETS.getOrDefault(figure, "");
  }
}
