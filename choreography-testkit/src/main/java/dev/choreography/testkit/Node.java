// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.DueTimes;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.Handled;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Position;
import dev.choreography.engine.Published;
import dev.choreography.engine.Retention;
import dev.choreography.engine.SetBackException;
import dev.choreography.engine.Timers;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testkit.Happening.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * An instance of a participant: a process, which comes and goes. It is the runtime's own; what is
 * done here is what its worker does with a consumer, and its threads with their clocks.
 */
final class Node implements AutoCloseable {

  private static final int LARGEST_POLL = 500;
  private static final long HOUSEKEEPING_MS = 1_000;

  /** Timers look at deadlines so often, and find nothing in between. */
  private static final long WINDOW_MS = 5_001;

  private static final long PAUSE_MS = 100;

  /** How long one that is taken for dead stands still before it goes on where it was. */
  private static final long LONGEST_STALL_MS = 30_000;

  /** How long it may take until others know of one that died, and divide what it had. */
  private static final long SESSION_MS = 10_000;

  /** How often one that died does not come back, where another is there. */
  private static final double NEVER_BACK = 0.3;

  private final Group group;
  private final Round round;
  private final Lot lot;
  private final FaultyJournal journal;
  private final Retention retention;
  private final Inbox inbox;
  private final List<Incoming> batch = new ArrayList<>();
  private final List<Polled> polled = new ArrayList<>();
  private final Set<Saga> whose = new LinkedHashSet<>();
  private int lives;
  private Life life;
  private Loss loss = Loss.NONE;
  private boolean up = true;
  private boolean member = true;
  private boolean stalled;
  private boolean frozen;
  private boolean gone;
  private boolean fresh;
  private long pausedUntil;
  private long nextHousekeeping;
  private long nextLook;

  /**
   * What was read of a partition.
   *
   * @param until where to read on
   * @param known what the database said before
   */
  private record Polled(Group.Partition partition, int until, long known) {
    Position position(Collection<Incoming> notHandled) {
      Bus.Log log = partition.log();
      long next = until;
      for (Incoming record : notHandled) {
        if (record.partition() == log.partition() && record.topic().equals(log.topic())) {
          next = Math.min(next, record.offset());
        }
      }
      return new Position(log.topic(), log.topic(), log.partition(), next, -1, known);
    }
  }

  /** What a crash ends. */
  private record Life(
      int number,
      Intake intake,
      Timers timers,
      Housekeeping housekeeping,
      Outlet outlet,
      Published published,
      Counts counts) {}

  Node(Group group, Round round, Lot lot, FaultyJournal journal, List<HostedStep> steps) {
    this.group = group;
    this.round = round;
    this.lot = lot;
    this.journal = journal;
    this.retention = new Retention(Round.KEPT, round.clock());
    this.inbox = new Inbox(steps, round.codec(), round.parts().forgets(retention));
    this.nextHousekeeping = round.clock().millis() + HOUSEKEEPING_MS;
    this.life = start();
  }

  Set<String> topics() {
    return inbox.topics();
  }

  boolean isUp() {
    return up;
  }

  /** Returns which of its lives this is, as long as it lasts; 0 while it is down. */
  int life() {
    return up ? life.number : 0;
  }

  /** Tells whether nothing of it moves. */
  boolean isFrozen() {
    return frozen;
  }

  int number() {
    return journal.instance();
  }

  /** It is without its database for a while, and may find an older state when that is back. */
  void pauses(long forMs) {
    group.rewind(this);
    pausedUntil = Math.max(pausedUntil, round.clock().millis() + forMs);
    round.later(forMs + HOUSEKEEPING_MS, this::looksForPositions);
  }

  /** It reads again what the database no longer has, although nothing new comes. */
  private void looksForPositions() {
    if (frozen || stalled) {
      round.later(HOUSEKEEPING_MS, this::looksForPositions);
    } else if (up && round.parts().looksForPositions() && group.isSetBack(this)) {
      group.assign(this);
    }
  }

  /** Publishes a row that a caller has committed. */
  void publish(OutboxRow row) {
    life.outlet.publish(List.of(row), life.published::add);
  }

  /** Whether partitions are divided with it in mind: for a while also when it is dead. */
  boolean isMember() {
    return member;
  }

  /** Whether it reads records. */
  boolean isAtWork() {
    return up && member && !stalled;
  }

  private Life start() {
    Published published = new Published();
    DueTimes dueTimes = new DueTimes();
    Outlet outlet = new Outlet(journal, round, new Metadata(round.clock(), lot.draw()));
    Journal used = round.parts().journal(journal, outlet);
    Intake intake =
        new Intake(
            inbox,
            used,
            outlet,
            published,
            new Emitter(group.name(), round.codec(), round.clock()),
            dueTimes);
    return new Life(
        ++lives,
        intake,
        new Timers(intake, dueTimes, round.clock()),
        new Housekeeping(
            used,
            outlet,
            published,
            intake::batches,
            retention,
            () -> TimeUnit.MILLISECONDS.toNanos(round.clock().millis())),
        outlet,
        published,
        round.parts().counts().read(inbox.topics(), round.bus()));
  }

  /** Does what there is to do now; returns whether there was anything, or is more. */
  boolean turn() {
    long now = round.clock().millis();
    if (!up || frozen || now < pausedUntil) {
      return false;
    }
    boolean worked = false;
    try {
      worked = !stalled && poll();
      if (fresh || isTimeToLook(now)) {
        fresh = false;
        nextLook = now + WINDOW_MS;
        life.timers.tick();
        crashIfStruck();
        worked = true;
      }
      if (!stalled && !batch.isEmpty()) {
        round.parts().read(this::handle, () -> group.commitOffsets(this));
      }
      if (now >= nextHousekeeping) {
        nextHousekeeping = now + HOUSEKEEPING_MS;
        life.housekeeping.run();
      }
    } catch (SetBackException setBack) {
      group.assign(this);
      worked = true;
    } catch (Trouble trouble) {
      group.rewind(this);
      pausedUntil = now + PAUSE_MS;
      worked = true;
    } catch (Crash crash) {
      crash();
      worked = true;
    }
    return worked;
  }

  private boolean isTimeToLook(long now) {
    return group.pending().nextRetry() <= now
        || (now >= nextLook && group.pending().nextDeadline(round.clock().instant()) <= now);
  }

  /** When there is something to do, if nobody else does anything. */
  long next() {
    if (!up || frozen) {
      return Agenda.NEVER;
    }
    long next = group.pending().nextRetry();
    long deadline = group.pending().nextDeadline(round.clock().instant());
    if (deadline != Agenda.NEVER) {
      next = Math.min(next, Math.max(deadline, nextLook));
    }
    if (group.pending().hasOutbox()) {
      next = Math.min(next, nextHousekeeping);
    }
    return pausedUntil > round.clock().millis() ? Math.min(next, pausedUntil) : next;
  }

  /** Fills the batch with records of some partitions, or few of one; whether there were any. */
  private boolean poll() {
    batch.clear();
    polled.clear();
    whose.clear();
    loss = Loss.NONE;
    SplittableRandom random = round.random();
    int bits = random.nextInt();
    int room = (bits & 0x7) == 0 ? 1 + (bits >>> 3 & 0x7) : LARGEST_POLL;
    int count = group.partitions();
    double rebalances = group.canDoWithout(this) ? round.faults().rebalances() : 0;
    int first = (bits >>> 6 & 0xFFFF) % count;
    Instant now = round.clock().instant();
    boolean any = false;
    for (int i = 0; i < count && room > 0; i++) {
      Group.Partition partition = group.partition((first + i) % count);
      if (!partition.isOf(this) || partition.position() == partition.log().size()) {
        continue;
      }
      any = true;
      if (random.nextInt(6) != 0) {
        int until = Math.min(partition.log().size(), partition.position() + room);
        room -= until - partition.position();
        read(partition, until, now, rebalances);
      }
    }
    return any;
  }

  private void read(Group.Partition partition, int until, Instant now, double rebalances) {
    Bus.Log log = partition.log();
    for (int offset = partition.position(); offset < until; offset++) {
      Bus.Message record = log.get(offset);
      batch.add(round.parts().seen(incoming(log, offset, now)));
      String type = record.headers().text(EventHeaders.TYPE);
      Saga saga = record.saga();
      saga.happened(happening(now, Kind.HEARD, type == null ? log.topic() : type));
      double lost = saga.lot().strike(rebalances);
      if (lost >= 0) {
        loss = Loss.of(lost);
      }
      whose.add(saga);
    }
    polled.add(new Polled(partition, until, partition.known()));
    partition.readUntil(until);
  }

  private Incoming incoming(Bus.Log log, int offset, Instant now) {
    Bus.Message record = log.get(offset);
    return new Incoming(
        log.topic(),
        log.partition(),
        offset,
        record.timestamp(),
        now,
        record.key(),
        record.value(),
        record.headers()::get,
        life.counts.isMisplaced(log, record));
  }

  private Happening happening(Instant now, Kind kind, String subject) {
    return new Happening(now, group.name(), kind, subject, null, 0, journal.instance());
  }

  private void tell(Collection<Saga> sagas, String fault) {
    Instant now = round.clock().instant();
    sagas.forEach(saga -> saga.happened(happening(now, Kind.FAULT, fault)));
  }

  private void handle() {
    if (loss == Loss.NONE) {
      handle(batch, polled);
    } else {
      lose();
    }
  }

  private void handle(List<Incoming> records, List<Polled> parts) {
    Handled handled = life.intake.handle(records, notHandled -> positions(parts, notHandled));
    for (DeadLetter letter : handled.deadLetters()) {
      round.deadLetter(group.name(), letter);
    }
    crashIfStruck();
    if (handled.advanced().isEmpty()) {
      // Nothing concerned this participant, or its sagas were handled one by one.
      life.intake.advance(positions(parts, handled.unread()));
    }
    parts.forEach(part -> part.partition.knows(this, part.position(handled.unread()).next()));
  }

  private static Collection<Position> positions(
      List<Polled> parts, Collection<Incoming> notHandled) {
    List<Position> positions = new ArrayList<>(parts.size());
    for (Polled part : parts) {
      positions.add(part.position(notHandled));
    }
    return positions;
  }

  /** What was read is handled while the partitions go to another one. */
  private void lose() {
    long ms = 1 + (long) (Math.pow(lot.draw(), 2) * LONGEST_STALL_MS);
    boolean altogether = lot.draw() < 0.5;
    Outlet outlet = life.outlet;
    tell(whose, loss.text());
    switch (loss) {
      case BEFORE_TRANSACTION -> {
        List<Incoming> read = List.copyOf(batch);
        List<Polled> parts = List.copyOf(polled);
        stall(ms, altogether, () -> handle(read, parts));
        return;
      }
      case IN_TRANSACTION ->
          journal.meanwhile(
              () -> {
                stall(ms, altogether, () -> {});
                group.othersGoOn(this);
              });
      case BEFORE_PUBLISH -> outlet.holds(ms);
      case BEFORE_OFFSETS, AFTER_OFFSETS, NONE -> {
        // It is handled as ever.
      }
    }
    try {
      handle(batch, polled);
    } finally {
      journal.meanwhile(null);
      outlet.holds(0);
    }
    if (loss == Loss.AFTER_OFFSETS) {
      round.later(0, group::divide);
    } else if (!stalled) {
      stall(ms, altogether, () -> {});
    }
  }

  /**
   * Others take it for dead, and it goes on a while later.
   *
   * @param altogether whether all of it stands still, or its worker alone
   * @param unfinished what it does then before it is a member again
   */
  private void stall(long ms, boolean altogether, Runnable unfinished) {
    Outlet stalling = life.outlet;
    List<Saga> sagas = List.copyOf(whose);
    stalled = true;
    frozen = altogether;
    member = false;
    group.divide();
    round.later(
        ms,
        () -> {
          if (life.outlet == stalling && up) {
            tell(sagas, "goes on");
            goOn(unfinished);
          }
        });
  }

  private void goOn(Runnable unfinished) {
    stalled = false;
    frozen = false;
    try {
      unfinished.run();
    } catch (Trouble | SetBackException notDone) {
      // Whoever has the partitions now has read the same records.
    } catch (Crash crash) {
      crash();
      return;
    }
    member = true;
    group.divide();
  }

  private void crashIfStruck() {
    if (journal.takes(Ending.CRASH_BEFORE_OFFSETS)) {
      throw new Crash();
    }
  }

  private void crash() {
    long away = (long) (Math.pow(lot.draw(), 4) * 30_000);
    gone = lot.draw() < NEVER_BACK && group.canDoWithout(this);
    if (gone) {
      group.tellAll(journal.instance(), "gone for good");
      end();
    } else {
      leave(away);
    }
  }

  /** The process ends, and starts again a while later. */
  void leave(long forMs) {
    end();
    round.later(
        forMs,
        () -> {
          group.assign(this);
          up = true;
          fresh = true;
          member = true;
          life = start();
          group.divide();
        });
  }

  private void end() {
    Outlet ending = life.outlet;
    up = false;
    stalled = false;
    frozen = false;
    ending.die();
    life.intake.close();
    round.later(
        (long) (lot.draw() * SESSION_MS),
        () -> {
          if (life.outlet == ending && member) {
            member = false;
            group.divide();
          }
        });
  }

  /** Looks at once, whatever the time. */
  void look() {
    fresh = true;
  }

  /** Has the rows leave whose time has come. */
  void keepHouse() {
    if (!gone) {
      life.housekeeping.run();
    }
  }

  @Override
  public void close() {
    life.intake.close();
  }
}
