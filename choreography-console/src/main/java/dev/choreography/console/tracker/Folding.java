// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.TracedEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the sagas of a partition: each event is added to its saga, what changes of its summary to
 * the index and the counts, and a change of its status is passed on; a saga that left passes on
 * nothing but its key.
 */
final class Folding implements Processor<Bytes, byte[], byte[], @Nullable Tracked> {

  /** How many sagas leave, or are found to be stuck, before others have a turn. */
  private static final int AT_ONCE = 2_000;

  private static final Duration MINUTES_KEPT = Duration.ofHours(2);

  private final Known known;
  private final Fold fold;
  private final EventDecoder decoder;
  private final TrackerOptions options;
  private @Nullable Opened opened;

  Folding(Known known, EventDecoder decoder, TrackerOptions options) {
    this.known = known;
    this.fold = new Fold(known);
    this.decoder = decoder;
    this.options = options;
  }

  /** What there is once it runs. */
  private record Opened(
      ProcessorContext<byte[], @Nullable Tracked> context,
      KeyValueStore<Bytes, byte[]> events,
      KeyValueStore<Bytes, byte[]> sagas,
      KeyValueStore<Bytes, byte[]> index,
      KeyValueStore<Bytes, byte[]> counts) {}

  @Override
  public void init(ProcessorContext<byte[], @Nullable Tracked> context) {
    opened =
        new Opened(
            context,
            context.getStateStore(Stores.EVENTS),
            context.getStateStore(Stores.SAGAS),
            context.getStateStore(Stores.INDEX),
            context.getStateStore(Stores.COUNTS));
    context.schedule(options.look(), PunctuationType.WALL_CLOCK_TIME, this::look);
  }

  private Opened opened() {
    Opened now = opened;
    if (now == null) {
      throw new IllegalStateException("init() was not called");
    }
    return now;
  }

  @Override
  public void process(Record<Bytes, byte[]> record) {
    SagaKey key = SagaKey.of(record.key());
    ConsumerRecord<byte[], byte[]> found = StoredEvent.of(record.value());
    Tracked old = saga(record.key());
    TracedEvent event = new TracedEvent(found, decoder.decode(found));
    if (old != null && old.isGone() && !(old.wasRefused() && event.choreography() != null)) {
      return;
    }
    // Replayed, a start that left as a dead letter begins its saga.
    Tracked before = old == null || old.isGone() ? null : old;
    Instant now = Instant.ofEpochMilli(opened().context().currentSystemTimeMs());
    Fold.Folded folded = fold.with(before, key, event, now);
    opened().events().put(StoredEvent.row(key, found), record.value());
    put(old, folded.saga());
    add(Counter.folded(), 1);
    count(old, folded, event);
  }

  private void count(@Nullable Tracked old, Fold.Folded folded, TracedEvent event) {
    Tracked saga = folded.saga();
    if (old == null) {
      add(Counter.minute(saga.started(), saga.choreography(), "started"), 1);
    }
    if (saga.ended() > 0 && (old == null || old.ended() == 0)) {
      add(Counter.minute(saga.ended(), saga.choreography(), saga.status()), 1);
    }
    for (Fold.Way way : folded.ways()) {
      add(
          Counter.hour(
              way.published(),
              saga.choreography(),
              way.step(),
              way.segment(),
              Durations.bucket(way.millis())),
          1);
    }
    String participant = event.participant();
    if (participant != null) {
      String name = known.isParticipant(participant) ? participant : Counter.OTHERS;
      Bytes heard = Bytes.wrap(Counter.heard(name).getBytes(UTF_8));
      // A clock that is ahead would otherwise be believed until its time has come.
      long now = opened().context().currentSystemTimeMs();
      long published = Math.min(now, event.published().toEpochMilli());
      if (published > number(opened().counts().get(heard))) {
        opened().counts().put(heard, bytes(published));
      }
    }
  }

  /** Changes a summary, and all that follows from it. */
  private void put(@Nullable Tracked old, Tracked saga) {
    Bytes key = saga.key().bytes();
    opened().sagas().put(key, saga.bytes());
    Set<Bytes> before = old == null ? Set.of() : old.entries();
    Set<Bytes> now = saga.entries();
    for (Bytes entry : before) {
      if (!now.contains(entry)) {
        delete(opened().index(), entry);
      }
    }
    for (Bytes entry : now) {
      if (!before.contains(entry)) {
        opened().index().put(entry, key.get());
      }
    }
    Map<String, Long> changes = new LinkedHashMap<>(saga.counts());
    if (old != null) {
      old.counts().forEach((counter, some) -> changes.merge(counter, -some, Long::sum));
    }
    changes.forEach(
        (counter, change) -> {
          if (change != 0) {
            add(counter, change);
          }
        });
    if (old == null || !isToldAs(old, saga)) {
      publish(saga);
    }
  }

  private static boolean isToldAs(Tracked old, Tracked saga) {
    return old.status().equals(saga.status())
        && old.version() == saga.version()
        && old.parked().equals(saga.parked());
  }

  private void publish(Tracked saga) {
    ProcessorContext<byte[], @Nullable Tracked> context = opened().context();
    context.forward(
        new Record<>(
            saga.key().published(),
            saga.isGone() ? null : saga,
            context.currentSystemTimeMs(),
            new RecordHeaders()));
  }

  private void look(long now) {
    for (Tracked late : due(Index.due(), Index.dueBefore(now))) {
      put(late, fold.late(late, Instant.ofEpochMilli(now)));
    }
    long retention = options.retention().toMillis();
    for (Tracked ended : due(Index.leaving(), Index.endedBefore(now - retention))) {
      forget(opened().events(), StoredEvent.rows(ended.key()), null);
      put(ended, ended.gone());
    }
    for (Tracked gone : due(Index.forgetting(), Index.goneBefore(now - 2 * retention))) {
      delete(opened().sagas(), gone.key().bytes());
      gone.entries().forEach(entry -> delete(opened().index(), entry));
    }
    forget(
        opened().counts(),
        counter(Counter.all(Counter.MINUTES)),
        counter(Counter.fromMinute(now - MINUTES_KEPT.toMillis())));
    forget(
        opened().counts(),
        counter(Counter.all(Counter.HOURS)),
        counter(Counter.fromHour(now - retention)));
  }

  /** Some sagas whose entries lie between, the first ones first. */
  private List<Tracked> due(Bytes from, Bytes to) {
    List<Bytes> keys = new ArrayList<>();
    if (from.compareTo(to) < 0) {
      try (KeyValueIterator<Bytes, byte[]> entries = opened().index().range(from, to)) {
        while (entries.hasNext() && keys.size() < AT_ONCE) {
          keys.add(Bytes.wrap(entries.next().value));
        }
      }
    }
    List<Tracked> sagas = new ArrayList<>();
    for (Bytes key : keys) {
      Tracked saga = saga(key);
      if (saga != null) {
        sagas.add(saga);
      }
    }
    return sagas;
  }

  /** Deletes what begins so, up to a key. */
  private static void forget(KeyValueStore<Bytes, byte[]> store, Bytes prefix, @Nullable Bytes to) {
    Bytes end = to == null ? KeyBytes.end(prefix) : to;
    if (prefix.compareTo(end) >= 0) {
      return;
    }
    List<Bytes> keys = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> rows = store.range(prefix, end)) {
      while (rows.hasNext()) {
        KeyValue<Bytes, byte[]> row = rows.next();
        if (!row.key.equals(to)) {
          keys.add(row.key);
        }
      }
    }
    keys.forEach(key -> delete(store, key));
  }

  /** What delete() does, without reading first what there was. */
  private static void delete(KeyValueStore<Bytes, byte[]> store, Bytes key) {
    store.put(key, null);
  }

  private @Nullable Tracked saga(Bytes key) {
    byte[] bytes = opened().sagas().get(key);
    return bytes == null ? null : Tracked.of(bytes);
  }

  private void add(String counter, long some) {
    Bytes key = counter(counter);
    long sum = number(opened().counts().get(key)) + some;
    if (sum == 0) {
      delete(opened().counts(), key);
    } else {
      opened().counts().put(key, bytes(sum));
    }
  }

  private static Bytes counter(String key) {
    return Bytes.wrap(key.getBytes(UTF_8));
  }

  static long number(byte @Nullable [] bytes) {
    return bytes == null ? 0 : ByteBuffer.wrap(bytes).getLong();
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }
}
