// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.Handled;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Position;
import dev.choreography.engine.Progress;
import dev.choreography.engine.Trouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The positions of one consumer in its partitions. The participant's database decides where a
 * partition is read from; the offset that the group has committed is for monitoring alone. A
 * partition is paused until its stored position was read. Used by the consumer's thread.
 *
 * <p>The consumer has no reset policy, so that it never goes on anywhere else by itself: where the
 * log does not reach back to a position the partition is not read, and where the log ends before
 * it, or was replaced, the partition is read from the log's start again.
 */
final class Positions {

  private static final Logger LOG = LoggerFactory.getLogger(Positions.class);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** A database that was set back is noticed at the latest then, also when no record comes. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  private static final Duration TOPICS = Duration.ofMinutes(1);

  private final Consumer<byte[], byte[]> consumer;
  private final Journal journal;
  private final ObservedTopics topics;
  private final Map<TopicPartition, Place> places = new HashMap<>();
  private final Map<TopicPartition, String> warnings;
  private long lookedAt = System.nanoTime();

  /** How far a partition was read. */
  private static final class Place {
    private @Nullable String topicId;
    private @Nullable String missing;
    private @Nullable InvalidOffsetException refused;
    private long known;
    private long next;
    private int epoch = -1;
    private long committed = -1;

    boolean isRead() {
      return topicId != null && missing == null && refused == null;
    }

    Position position(TopicPartition partition, long upTo, int withEpoch) {
      return new Position(
          partition.topic(),
          Objects.requireNonNull(topicId),
          partition.partition(),
          upTo,
          withEpoch,
          known);
    }

    void startAt(String id, long offset, int withEpoch, long stored) {
      topicId = id;
      missing = null;
      refused = null;
      next = offset;
      epoch = withEpoch;
      known = stored;
    }
  }

  /**
   * Positions without partitions.
   *
   * @param warnings receives what an operator should know of a partition
   */
  Positions(
      Consumer<byte[], byte[]> consumer,
      Journal journal,
      ObservedTopics topics,
      Map<TopicPartition, String> warnings) {
    this.consumer = consumer;
    this.journal = journal;
    this.topics = topics;
    this.warnings = warnings;
  }

  /** Takes partitions that were assigned; nothing of them is read before {@link #place}. */
  void assigned(Collection<TopicPartition> partitions) {
    consumer.pause(partitions);
    for (TopicPartition partition : partitions) {
      places.put(partition, new Place());
      // Somewhere, so that the consumer does not look for the group's offset.
      consumer.seek(partition, 0);
    }
  }

  /** Forgets partitions that are another's now. */
  void removed(Collection<TopicPartition> partitions) {
    places.keySet().removeAll(partitions);
  }

  /** Has all positions read from the database again. */
  void forgetAll() {
    Set<TopicPartition> assigned = Set.copyOf(places.keySet());
    places.clear();
    assigned(assigned);
  }

  /** Notes that the log has nothing at a position; {@link #place} decides what becomes of it. */
  void refused(InvalidOffsetException e) {
    for (TopicPartition partition : e.partitions()) {
      Place place = places.get(partition);
      if (place != null) {
        consumer.pause(List.of(partition));
        consumer.seek(partition, place.next);
        place.refused = e;
      }
    }
  }

  /** Returns which records of which partitions were removed before they were read, or null. */
  @Nullable String trouble() {
    String missing =
        places.values().stream()
            .map(place -> place.missing)
            .filter(Objects::nonNull)
            .sorted()
            .collect(Collectors.joining("; "));
    return missing.isEmpty() ? null : missing;
  }

  /**
   * Places the consumer where the database says: in partitions that were assigned, in those that
   * could not be read, and every few seconds in all whose stored position is not the one that is
   * known.
   *
   * @throws Trouble if the database or Kafka does not answer; nothing of the partitions is read
   *     until it does
   */
  void place() {
    boolean look = System.nanoTime() - lookedAt > LOOK.toNanos();
    List<TopicPartition> unread =
        places.entrySet().stream()
            .filter(entry -> !entry.getValue().isRead())
            .filter(entry -> look || entry.getValue().missing == null)
            .map(Map.Entry::getKey)
            .toList();
    if (look) {
      lookAtTopics();
    } else if (unread.isEmpty()) {
      return;
    }
    Map<TopicPartition, Position> stored = stored();
    if (look) {
      lookedAt = System.nanoTime();
      unread = new ArrayList<>(unread);
      unread.addAll(changed(stored));
    }
    if (!unread.isEmpty()) {
      topics.refresh();
      place(unread, stored);
    }
  }

  /** A topic that was replaced is noticed with the next look, if Kafka does not answer now. */
  private void lookAtTopics() {
    try {
      topics.refreshIfOlderThan(TOPICS);
    } catch (Trouble e) {
      LOG.debug("whether topics were replaced is looked at later: {}", e.getMessage());
    }
  }

  private Map<TopicPartition, Position> stored() {
    return journal
        .positions(places.keySet().stream().map(TopicPartition::topic).distinct().toList())
        .stream()
        .collect(
            Collectors.toMap(
                position -> new TopicPartition(position.topic(), position.partition()),
                Function.identity()));
  }

  /** The partitions whose topic or whose stored position is another than was known. */
  private List<TopicPartition> changed(Map<TopicPartition, Position> stored) {
    List<TopicPartition> changed = new ArrayList<>();
    places.forEach(
        (partition, place) -> {
          if (place.isRead()) {
            Position position = place.position(partition, place.next, place.epoch);
            boolean setBack = position.isLostIn(stored.get(partition));
            if (setBack) {
              LOG.warn(
                  "outcome=set_back: partition={} the database had the position {} and has a lower one now, or none; it was set back to an older state, and the records are read again",
                  partition,
                  place.known);
            }
            if (setBack || !position.topicId().equals(topics.id(partition.topic()))) {
              changed.add(partition);
            }
          }
        });
    return changed;
  }

  private void place(List<TopicPartition> unread, Map<TopicPartition, Position> stored) {
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(unread, ANSWER);
    Map<TopicPartition, Long> ends = consumer.endOffsets(unread, ANSWER);
    for (TopicPartition partition : unread) {
      Place place = places.get(partition);
      String id = topics.id(partition.topic());
      Long begin = begins.get(partition);
      Long end = ends.get(partition);
      if (place == null || id == null || begin == null || end == null) {
        continue;
      }
      Position position = stored.get(partition);
      String lost = position == null ? null : lost(place, position, id, end);
      if (position != null && lost != null) {
        journal.forgetPositions(List.of(position));
        String warning =
            "%s: %s; it is read from its start again, and sagas whose events were lost cannot end by themselves"
                .formatted(partition, lost);
        LOG.error("outcome=lost: {}", warning);
        warnings.put(partition, warning);
        position = null;
      }
      if (position == null) {
        place.startAt(id, begin, -1, 0);
        resume(partition, place);
      } else if (position.next() < begin) {
        consumer.pause(List.of(partition));
        isMissing(partition, place, position, begin);
      } else {
        place.startAt(id, position.next(), position.epoch(), position.next());
        resume(partition, place);
      }
    }
  }

  private static @Nullable String lost(Place place, Position position, String id, long end) {
    if (!position.topicId().equals(id)) {
      return "the topic was deleted and created again";
    }
    if (position.next() > end) {
      return "it was read up to %s and ends at %d: the topic lost its end"
          .formatted(position.next(), end);
    }
    if (place.refused instanceof LogTruncationException) {
      return "it was read up to %s, and other records are there now: the topic lost its end"
          .formatted(position.next());
    }
    return null;
  }

  private static void isMissing(
      TopicPartition partition, Place place, Position position, long begin) {
    String missing =
        "records %s to %s of %s were removed from the topic before they were read, so it is not read: the sagas of those records lack events; to go on with record %s all the same, execute DELETE FROM choreography_position WHERE topic = '%s' AND partition = %s"
            .formatted(
                position.next(),
                begin - 1,
                partition,
                begin,
                partition.topic(),
                partition.partition());
    if (!missing.equals(place.missing)) {
      LOG.error("outcome=missing: {}", missing);
    }
    place.refused = null;
    place.missing = missing;
  }

  private void resume(TopicPartition partition, Place place) {
    seek(partition, place.next, place.epoch);
    consumer.resume(List.of(partition));
  }

  private void seek(TopicPartition partition, long offset, int epoch) {
    consumer.seek(
        partition,
        new OffsetAndMetadata(offset, epoch < 0 ? Optional.empty() : Optional.of(epoch), ""));
  }

  /** Returns how far a poll leads, markers of transactions included. */
  Progress progress(ConsumerRecords<byte[], byte[]> polled) {
    Map<TopicPartition, OffsetAndMetadata> ends = polled.nextOffsets();
    return notHandled -> {
      Map<TopicPartition, Long> before = firsts(notHandled);
      List<Position> positions = new ArrayList<>();
      places.forEach(
          (partition, place) -> {
            Position position = reached(partition, place, polled, ends, before);
            if (position != null && position.next() > place.known) {
              positions.add(position);
            }
          });
      return positions;
    };
  }

  private static @Nullable Position reached(
      TopicPartition partition,
      Place place,
      ConsumerRecords<byte[], byte[]> polled,
      Map<TopicPartition, OffsetAndMetadata> ends,
      Map<TopicPartition, Long> before) {
    if (!place.isRead()) {
      return null;
    }
    Long first = before.get(partition);
    if (first != null) {
      return place.position(partition, first, epochAt(polled, partition, first));
    }
    OffsetAndMetadata end = ends.get(partition);
    return end == null
        ? place.position(partition, place.next, place.epoch)
        : place.position(partition, end.offset(), end.leaderEpoch().orElse(-1));
  }

  private static int epochAt(
      ConsumerRecords<byte[], byte[]> polled, TopicPartition partition, long offset) {
    for (ConsumerRecord<byte[], byte[]> record : polled.records(partition)) {
      if (record.offset() == offset) {
        return record.leaderEpoch().orElse(-1);
      }
    }
    return -1;
  }

  private static Map<TopicPartition, Long> firsts(Collection<Incoming> records) {
    Map<TopicPartition, Long> firsts = new HashMap<>();
    for (Incoming record : records) {
      firsts.merge(
          new TopicPartition(record.topic(), record.partition()), record.offset(), Math::min);
    }
    return firsts;
  }

  /** Notes that a poll was handled, and its dead letters were put aside. */
  void handled(ConsumerRecords<byte[], byte[]> polled, Handled handled) {
    written(handled.advanced());
    Map<TopicPartition, OffsetAndMetadata> ends = polled.nextOffsets();
    Map<TopicPartition, Long> unread = firsts(handled.unread());
    places.forEach(
        (partition, place) -> {
          Position position = reached(partition, place, polled, ends, unread);
          if (position != null) {
            place.next = position.next();
            place.epoch = position.epoch();
            if (unread.containsKey(partition)) {
              seek(partition, place.next, place.epoch);
            }
          }
        });
  }

  /** Returns what was handled and is not written yet. */
  List<Position> owed() {
    return places.entrySet().stream()
        .filter(entry -> entry.getValue().isRead())
        .filter(entry -> entry.getValue().next > entry.getValue().known)
        .map(
            entry ->
                entry
                    .getValue()
                    .position(entry.getKey(), entry.getValue().next, entry.getValue().epoch))
        .toList();
  }

  /** Notes what was written. */
  void written(Collection<Position> positions) {
    for (Position position : positions) {
      Place place = places.get(new TopicPartition(position.topic(), position.partition()));
      if (place != null) {
        place.known = Math.max(place.known, position.next());
      }
    }
  }

  /** Has the consumer read a poll once more. */
  void rewind(ConsumerRecords<byte[], byte[]> polled) {
    for (TopicPartition partition : polled.nextOffsets().keySet()) {
      Place place = places.get(partition);
      if (place != null && place.isRead()) {
        seek(partition, place.next, place.epoch);
      }
    }
  }

  /** Returns the offsets that the group does not have yet, by partition, for those who monitor. */
  Map<TopicPartition, OffsetAndMetadata> uncommitted() {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    places.forEach(
        (partition, place) -> {
          if (place.isRead() && place.next != place.committed) {
            offsets.put(partition, new OffsetAndMetadata(place.next));
            place.committed = place.next;
          }
        });
    return offsets;
  }

  /** Has offsets committed once more. */
  void notCommitted(Collection<TopicPartition> partitions) {
    for (TopicPartition partition : partitions) {
      Place place = places.get(partition);
      if (place != null) {
        place.committed = -1;
      }
    }
  }
}
