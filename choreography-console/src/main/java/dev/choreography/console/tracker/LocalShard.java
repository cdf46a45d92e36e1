// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** A partition whose stores are here. */
final class LocalShard implements Shard {

  /** So many sagas are looked at for a page, whatever they are asked for. */
  static final int LOOKED_AT = 1_000;

  private final Function<String, ReadOnlyKeyValueStore<Bytes, byte[]>> stores;

  /** The stores by name. */
  LocalShard(Function<String, ReadOnlyKeyValueStore<Bytes, byte[]>> stores) {
    this.stores = stores;
  }

  @Override
  public Map<String, Long> counts(String kind, String from) {
    Map<String, Long> counts = new LinkedHashMap<>();
    Bytes end = KeyBytes.end(Bytes.wrap(Counter.all(kind).getBytes(UTF_8)));
    try (KeyValueIterator<Bytes, byte[]> rows =
        stores.apply(Stores.COUNTS).range(Bytes.wrap(from.getBytes(UTF_8)), end)) {
      while (rows.hasNext()) {
        KeyValue<Bytes, byte[]> row = rows.next();
        counts.put(new String(row.key.get(), UTF_8), Folding.number(row.value));
      }
    }
    return counts;
  }

  @Override
  public Page page(SagaQuery query) {
    ReadOnlyKeyValueStore<Bytes, byte[]> sagas = stores.apply(Stores.SAGAS);
    ReadOnlyKeyValueStore<Bytes, byte[]> index = stores.apply(Stores.INDEX);
    int list = query.list().get().length;
    List<Page.Line> lines = new ArrayList<>();
    byte[] last = null;
    int looked = 0;
    Bytes from = query.from();
    Bytes to = query.to();
    if (from.compareTo(to) >= 0) {
      return new Page(List.of(), null);
    }
    try (KeyValueIterator<Bytes, byte[]> entries =
        query.oldestFirst() ? index.reverseRange(from, to) : index.range(from, to)) {
      while (entries.hasNext()) {
        if (looked == LOOKED_AT || lines.size() == query.limit()) {
          return new Page(lines, last);
        }
        KeyValue<Bytes, byte[]> entry = entries.next();
        looked++;
        last = Arrays.copyOfRange(entry.key.get(), list, entry.key.get().length);
        byte[] saga = sagas.get(Bytes.wrap(entry.value));
        if (saga != null) {
          Tracked tracked = Tracked.of(saga);
          if (query.matches(tracked)) {
            lines.add(new Page.Line(last, tracked));
          }
        }
      }
    }
    return new Page(lines, null);
  }

  @Override
  public @Nullable Tracked saga(SagaKey saga) {
    byte[] found = stores.apply(Stores.SAGAS).get(saga.bytes());
    return found == null ? null : Tracked.of(found);
  }

  @Override
  public List<byte[]> events(SagaKey saga) {
    Bytes rows = StoredEvent.rows(saga);
    List<byte[]> events = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> found =
        stores.apply(Stores.EVENTS).range(rows, KeyBytes.end(rows))) {
      while (found.hasNext()) {
        events.add(found.next().value);
      }
    }
    return events;
  }
}
