// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.Journal;
import dev.choreography.engine.Position;
import dev.choreography.testkit.Happening.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A participant: its database and its place in the topics live on, while its instances come and go.
 * Those that are members divide its partitions.
 */
final class Group {

  private final String name;
  private final Round round;
  private final Lot lot;
  private final Pending pending;
  private final Journal journal;
  private final List<Partition> partitions = new ArrayList<>();
  private final List<Node> instances = new ArrayList<>();
  private @Nullable Backup backup;
  private int restores;

  /** One partition of a topic that the participant reads. */
  static final class Partition {
    private final Bus.Log log;
    private @Nullable Node owner;
    private int position;
    private int committed;
    private long known;

    private Partition(Bus.Log log) {
      this.log = log;
    }

    boolean isOf(Node instance) {
      return owner == instance;
    }

    Bus.Log log() {
      return log;
    }

    int position() {
      return position;
    }

    void readUntil(int offset) {
      position = offset;
    }

    /** Returns what the database had when the owner last read its position or wrote it. */
    long known() {
      return known;
    }

    /** Notes that an instance has written a position. */
    void knows(Node instance, long written) {
      if (owner == instance) {
        known = written;
      }
    }
  }

  /**
   * A participant.
   *
   * @param journal in its database
   */
  Group(String name, Round round, Lot lot, Pending pending, Journal journal) {
    this.name = name;
    this.round = round;
    this.lot = lot;
    this.pending = pending;
    this.journal = journal;
  }

  /** These divide the partitions of what they read. */
  void begin(List<Node> all) {
    instances.addAll(all);
    discover();
  }

  /** Finds partitions that are new, and divides all of them anew. */
  void discover() {
    Set<Bus.Log> known = new HashSet<>();
    partitions.forEach(partition -> known.add(partition.log));
    for (String topic : instances.get(0).topics()) {
      for (Bus.Log log : round.bus().topic(topic).partitions()) {
        if (!known.contains(log)) {
          partitions.add(new Partition(log));
        }
      }
    }
    divide();
  }

  String name() {
    return name;
  }

  Lot lot() {
    return lot;
  }

  Pending pending() {
    return pending;
  }

  /** Returns its journal, null where it has a real database. */
  @Nullable MemoryJournal memory() {
    return journal instanceof MemoryJournal memory ? memory : null;
  }

  /** A backup of its database is taken. */
  void keeps(Backup taken) {
    backup = taken;
  }

  /** Returns the backup that is to be restored, null where there is none. */
  @Nullable Backup backup() {
    return backup;
  }

  /** Its database is a backup from now on. */
  void restored() {
    backup = null;
    restores++;
  }

  /** Returns how often its database was restored. */
  int restores() {
    return restores;
  }

  /** Returns an instance that runs, null where there is none. */
  @Nullable Node anyThatRuns() {
    for (Node instance : instances) {
      if (instance.isUp() && !instance.isFrozen()) {
        return instance;
      }
    }
    return null;
  }

  List<Node> instances() {
    return instances;
  }

  int partitions() {
    return partitions.size();
  }

  Partition partition(int number) {
    return partitions.get(number);
  }

  /** What one owns counts as read as far as it has read. */
  void commitOffsets(Node owner) {
    for (int i = 0; i < partitions.size(); i++) {
      Partition partition = partitions.get(i);
      if (partition.owner == owner) {
        partition.committed = partition.position;
      }
    }
  }

  /** What one owns is read again from where it was before the last poll. */
  void rewind(Node owner) {
    for (int i = 0; i < partitions.size(); i++) {
      Partition partition = partitions.get(i);
      if (partition.owner == owner) {
        partition.position = partition.committed;
      }
    }
  }

  /** What one owns is read from where the database says. */
  void assign(Node owner) {
    assign(partitions.stream().filter(partition -> partition.owner == owner).toList());
  }

  /**
   * A partition is read on from the position that the database has, and from its beginning where
   * there is none; what the group has committed is a hint for people.
   */
  private void assign(List<Partition> assigned) {
    if (assigned.isEmpty()) {
      return;
    }
    Map<Bus.Log, Long> stored = stored();
    for (Partition partition : assigned) {
      partition.known = stored.getOrDefault(partition.log, 0L);
      partition.position = round.parts().position(partition.known, partition.committed);
      partition.committed = partition.position;
    }
  }

  private Map<Bus.Log, Long> stored() {
    Map<Bus.Log, Long> stored = new HashMap<>();
    for (Position position : journal.positions(instances.get(0).topics())) {
      Bus.Log log = round.bus().topic(position.topic()).partitions().get(position.partition());
      stored.put(log, position.next());
    }
    return stored;
  }

  /** Whether the database has lower positions than one of its instances has seen in it. */
  boolean isSetBack(Node owner) {
    Map<Bus.Log, Long> stored = stored();
    for (Partition partition : partitions) {
      if (partition.owner == owner && stored.getOrDefault(partition.log, 0L) < partition.known) {
        return true;
      }
    }
    return false;
  }

  /** Its rows leave, and it reads all topics from their beginning. */
  void outlivesItsRows() {
    instances.forEach(Node::keepHouse);
    journal.forgetPositions(journal.positions(instances.get(0).topics()));
    partitions.forEach(partition -> partition.committed = 0);
    assign(partitions);
  }

  /**
   * Divides the partitions among the members: by their numbers, as the runtime asks for, or in any
   * other way, since nothing may rely on it.
   */
  void divide() {
    List<Node> members = new ArrayList<>(instances.size());
    for (Node instance : instances) {
      if (instance.isMember()) {
        members.add(instance);
      }
    }
    int bits = members.size() > 1 ? round.random().nextInt() : 0;
    List<Partition> assigned = new ArrayList<>();
    for (int i = 0; i < partitions.size(); i++) {
      Partition partition = partitions.get(i);
      int turn = (bits & 1) == 0 ? partition.log.partition() + (bits >>> 1) : bits >>> (i % 29 + 2);
      Node owner = members.isEmpty() ? null : members.get((turn & 1) % members.size());
      if (partition.owner != owner) {
        partition.owner = owner;
        assigned.add(partition);
      }
    }
    assign(assigned);
  }

  /** Whether another one could go on with the work of this one. */
  boolean canDoWithout(Node leaving) {
    for (Node instance : instances) {
      if (instance != leaving && instance.isAtWork()) {
        return true;
      }
    }
    return false;
  }

  /** The others have some turns while this one has not finished its own. */
  void othersGoOn(Node paused) {
    for (int turns = 0; turns < 3; turns++) {
      for (Node instance : instances) {
        if (instance != paused) {
          instance.turn();
        }
      }
    }
  }

  /** The first of its instances, or more, leave and come back. */
  void leave(int number, Duration away) {
    for (int instance = 1; instance <= number; instance++) {
      int leaving = instance;
      if (instances.get(leaving - 1).isUp()) {
        tellAll(leaving, "away for " + away);
        instances.get(leaving - 1).leave(away.toMillis());
        round.later(away.toMillis(), () -> tellAll(leaving, "back"));
      }
    }
  }

  /** Tells all sagas what happens to an instance. */
  void tellAll(int instance, String what) {
    for (Saga saga : round.sagas()) {
      saga.happened(
          new Happening(round.clock().instant(), name, Kind.FAULT, what, null, 0, instance));
    }
  }
}
