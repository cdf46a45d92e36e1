// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.DueTimes;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Published;
import dev.choreography.engine.Retention;
import dev.choreography.engine.Timers;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testkit.Happening.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A participant: its database and its place in the topics live on, while the process comes and
 * goes. The process is the runtime's own; what is done here is what its worker does with a
 * consumer, and its threads with their clocks.
 */
final class Node implements AutoCloseable {

  private static final int LARGEST_POLL = 500;
  private static final long HOUSEKEEPING_MS = 1_000;

  /** Timers look at deadlines so often, and find nothing in between. */
  private static final long WINDOW_MS = 5_001;

  private static final long PAUSE_MS = 100;

  private final String name;
  private final Round round;
  private final Lot lot;
  private final FaultyJournal journal;
  private final Inbox inbox;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final List<Incoming> batch = new ArrayList<>();
  private Life life;
  private boolean up = true;
  private boolean fresh;
  private long pausedUntil;
  private long nextHousekeeping;
  private long nextLook;

  /** What a crash ends. */
  private record Life(Intake intake, Timers timers, Housekeeping housekeeping, Outlet outlet) {}

  private static final class Subscription {
    private final Bus.Log log;
    private int position;
    private int committed;

    private Subscription(Bus.Log log) {
      this.log = log;
    }
  }

  Node(String name, Round round, Lot lot, FaultyJournal journal, List<HostedStep> steps) {
    this.name = name;
    this.round = round;
    this.lot = lot;
    this.journal = journal;
    this.inbox = new Inbox(steps, round.codec());
    for (String topic : inbox.topics()) {
      round
          .bus()
          .topic(topic)
          .partitions()
          .forEach(log -> subscriptions.add(new Subscription(log)));
    }
    this.nextHousekeeping = round.clock().millis() + HOUSEKEEPING_MS;
    this.life = start();
  }

  String name() {
    return name;
  }

  Lot lot() {
    return lot;
  }

  private Life start() {
    Published published = new Published();
    DueTimes dueTimes = new DueTimes();
    Outlet outlet = new Outlet(journal, round);
    Intake intake =
        new Intake(
            inbox,
            round.parts().journal(journal, outlet),
            outlet,
            published,
            new Emitter(name, round.codec(), round.clock()),
            dueTimes);
    return new Life(
        intake,
        new Timers(intake, dueTimes, round.clock()),
        new Housekeeping(
            round.parts().journal(journal, outlet),
            outlet,
            published,
            intake::batches,
            Retention.FOREVER),
        outlet);
  }

  /** Does what there is to do now; returns whether there was anything, or is more. */
  boolean turn() {
    long now = round.clock().millis();
    if (!up || now < pausedUntil) {
      return false;
    }
    boolean worked = false;
    try {
      worked = poll();
      if (fresh || isTimeToLook(now)) {
        fresh = false;
        nextLook = now + WINDOW_MS;
        life.timers.tick();
        crashIfStruck();
        worked = true;
      }
      if (!batch.isEmpty()) {
        round.parts().read(this::handle, this::commitOffsets);
      }
      if (now >= nextHousekeeping) {
        nextHousekeeping = now + HOUSEKEEPING_MS;
        life.housekeeping.run();
      }
    } catch (Trouble trouble) {
      rewind();
      pausedUntil = now + PAUSE_MS;
      worked = true;
    } catch (Crash crash) {
      leave((long) (Math.pow(lot.draw(), 4) * 30_000));
      worked = true;
    }
    return worked;
  }

  private boolean isTimeToLook(long now) {
    return journal.pending().nextRetry() <= now
        || (now >= nextLook && journal.pending().nextDeadline(round.clock().instant()) <= now);
  }

  /** When there is something to do, if nobody else does anything. */
  long next() {
    if (!up) {
      return Agenda.NEVER;
    }
    long next = journal.pending().nextRetry();
    long deadline = journal.pending().nextDeadline(round.clock().instant());
    if (deadline != Agenda.NEVER) {
      next = Math.min(next, Math.max(deadline, nextLook));
    }
    if (journal.pending().hasOutbox()) {
      next = Math.min(next, nextHousekeeping);
    }
    return pausedUntil > round.clock().millis() ? Math.min(next, pausedUntil) : next;
  }

  /** Fills the batch with records of some partitions, or few of one; whether there were any. */
  private boolean poll() {
    batch.clear();
    SplittableRandom random = round.random();
    int bits = random.nextInt();
    int room = (bits & 0x7) == 0 ? 1 + (bits >>> 3 & 0x7) : LARGEST_POLL;
    int count = subscriptions.size();
    int first = (bits >>> 6 & 0xFFFF) % count;
    Instant now = round.clock().instant();
    boolean any = false;
    for (int i = 0; i < count && room > 0; i++) {
      Subscription subscription = subscriptions.get((first + i) % count);
      if (subscription.position == subscription.log.size()) {
        continue;
      }
      any = true;
      if (random.nextInt(6) != 0) {
        int until = Math.min(subscription.log.size(), subscription.position + room);
        room -= until - subscription.position;
        read(subscription, until, now);
      }
    }
    return any;
  }

  private void read(Subscription subscription, int until, Instant now) {
    Bus.Log log = subscription.log;
    for (int offset = subscription.position; offset < until; offset++) {
      Bus.Message record = log.get(offset);
      batch.add(
          new Incoming(
              log.topic(),
              log.partition(),
              offset,
              record.timestamp(),
              now,
              record.key(),
              record.value(),
              record.headers(),
              record.misplaced()));
      String type = record.headers().text(EventHeaders.TYPE);
      record.saga().happened(now, name, Kind.HEARD, type == null ? log.topic() : type, null);
    }
    subscription.position = until;
  }

  private void handle() {
    for (DeadLetter letter : life.intake.handle(batch)) {
      round.deadLetter(name, letter);
    }
    crashIfStruck();
  }

  private void crashIfStruck() {
    if (journal.takes(Ending.CRASH_BEFORE_OFFSETS)) {
      throw new Crash();
    }
  }

  private void commitOffsets() {
    for (int i = 0; i < subscriptions.size(); i++) {
      Subscription subscription = subscriptions.get(i);
      subscription.committed = subscription.position;
    }
  }

  private void rewind() {
    for (int i = 0; i < subscriptions.size(); i++) {
      Subscription subscription = subscriptions.get(i);
      subscription.position = subscription.committed;
    }
  }

  /** The process ends, and starts again a while later. */
  void leave(long forMs) {
    if (!up) {
      return;
    }
    up = false;
    life.outlet.die();
    life.intake.close();
    round.later(
        forMs,
        () -> {
          rewind();
          up = true;
          fresh = true;
          life = start();
        });
  }

  /** Looks at once, whatever the time. */
  void look() {
    fresh = true;
  }

  boolean hasOutbox() {
    return journal.pending().hasOutbox();
  }

  @Override
  public void close() {
    life.intake.close();
  }
}
