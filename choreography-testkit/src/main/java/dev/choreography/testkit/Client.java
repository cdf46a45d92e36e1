// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.testkit.Happening.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/**
 * The clients of a choreography. A client starts a saga with a record of its own, as any producer
 * can, or in a transaction of a participant's database.
 */
final class Client {

  private static final String NAME = "client";

  /** How long a caller's transaction may stay open. */
  private static final long LONGEST_OPEN_MS = 60_000;

  private final Round round;
  private final Choreography choreography;
  private final World world;
  private final List<Group> groups;
  private final Metadata metadata;

  Client(
      Round round, Choreography choreography, World world, List<Group> groups, Metadata metadata) {
    this.round = round;
    this.choreography = choreography;
    this.world = world;
    this.groups = groups;
    this.metadata = metadata;
  }

  /** Starts a saga, by the rules or against them. */
  void start(Saga saga) {
    Lot lot = saga.lot();
    Instant now = round.clock().instant();
    double late = lot.strike(round.faults().deadlines());
    double called = lot.strike(round.faults().callers());
    double odd = lot.strike(round.faults().duplicates());
    Instant begun =
        late < 0
            ? now
            : now.minus(choreography.deadline()).plusMillis((long) (late * late * 1_000));
    if (late >= 0) {
      saga.happened(now, NAME, Kind.FAULT, "late", null);
    }
    if (called < 0 || !call(saga, begun, called)) {
      publish(saga, begun, odd);
    }
  }

  /** Publishes the start event, complete or not, where it belongs or not, once or twice. */
  private void publish(Saga saga, Instant timestamp, double odd) {
    saga.endsAt(timestamp.plus(choreography.deadline()));
    String topic = choreography.start().topic();
    byte[] value = round.codec().encode(topic, world.start(saga.id()));
    saga.happened(round.clock().instant(), NAME, Kind.ASKED, topic, null);
    Bus.Topic records = round.bus().topic(topic);
    int count = metadata.count(records);
    if (odd < 0) {
      records.append(saga, saga.key(), value, Map.of(), timestamp, count);
    } else if (odd < 0.3) {
      records.append(saga, null, value, Map.of(), timestamp, count);
    } else if (odd < 0.6) {
      records.misplace(saga, value, timestamp, count);
    } else {
      records.append(saga, saga.key(), value, Map.of(), timestamp, count);
      round.later(
          (long) (saga.lot().draw() * 200),
          () ->
              records.append(
                  saga,
                  saga.key(),
                  value,
                  Map.of(),
                  round.clock().instant(),
                  metadata.count(records)));
    }
  }

  /**
   * Adds the start event to the outbox of a participant, whichever can do without a real database,
   * in a transaction of an application's.
   *
   * @param how from 0 to 1, tells what becomes of the transaction
   * @return false if there is no such participant, or it is down
   */
  private boolean call(Saga saga, Instant begun, double how) {
    Group group = groups.get(saga.lot().below(groups.size()));
    long openMs = (long) (Math.pow(saga.lot().draw(), 4) * LONGEST_OPEN_MS);
    boolean again = saga.lot().draw() < 0.5;
    Node instance = group.anyThatRuns();
    MemoryJournal journal = group.memory();
    if (instance == null || journal == null) {
      return false;
    }
    saga.endsAt(begun.plus(choreography.deadline()));
    Caller caller = new Caller(round, group, saga, journal.call(event(group, saga)), instance);
    caller.opened(openMs);
    Runnable retry =
        () -> {
          if (again) {
            publish(saga, round.clock().instant(), -1);
          }
        };
    if (how < 0.9) {
      round.later(openMs, () -> caller.end(how, retry));
    }
    return true;
  }

  private OutboxEvent event(Group group, Saga saga) {
    SpecificRecord start = world.start(saga.id());
    return new Emitter(group.name(), round.codec(), round.clock())
        .event(
            choreography,
            choreography.start(),
            start,
            saga.id(),
            saga.deadline(),
            null,
            Emitter.Cause.ofStart(null));
  }
}
