// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Hides fields and headers by name, at any depth, in an event that was just read: whatever is told
 * of it later, in whatever form, does not know them.
 *
 * @param names of fields, map keys and headers
 */
public record Mask(Set<String> names) {

  /** Hides nothing. */
  public static final Mask NOTHING = new Mask(Set.of());

  /** What stands in the place of what is hidden. */
  public static final String HIDDEN = "***";

  /** What a trace is made from. */
  private static final Set<String> NEEDED = Set.of("saga_id", "step", "times");

  public Mask {
    names = Set.copyOf(names);
    if (names.stream().anyMatch(name -> NEEDED.contains(name) || name.startsWith("ce_"))) {
      throw new IllegalArgumentException(
          "saga_id, step, times and what begins with ce_ cannot be masked: without them there is no trace");
    }
  }

  /** Names with commas between them; none if there are none. */
  public static Mask of(String names) {
    Set<String> all = new HashSet<>();
    for (String name : names.split(",", -1)) {
      if (!name.isBlank()) {
        all.add(name.strip());
      }
    }
    return new Mask(all);
  }

  /**
   * A dead letter's key, which anybody may have chosen: hidden by the name {@code key}, wherever it
   * is said.
   *
   * @param text may have the key in it
   */
  public @Nullable String withoutKey(@Nullable String text, String key) {
    return text == null || key.isEmpty() || !names.contains("key")
        ? text
        : text.replace(key, HIDDEN);
  }

  /** The event without what is hidden. */
  public TracedEvent event(ConsumerRecord<byte[], byte[]> record, @Nullable GenericRecord event) {
    if (names.isEmpty()) {
      return new TracedEvent(record, event);
    }
    for (Header header : record.headers().toArray()) {
      if (names.contains(header.key())) {
        record.headers().remove(header.key()).add(header.key(), HIDDEN.getBytes(US_ASCII));
      }
    }
    return new TracedEvent(record, event == null ? null : hide(event));
  }

  private GenericRecord hide(GenericRecord event) {
    for (Schema.Field field : event.getSchema().getFields()) {
      event.put(
          field.pos(), names.contains(field.name()) ? HIDDEN : within(event.get(field.pos())));
    }
    return event;
  }

  private @Nullable Object within(@Nullable Object value) {
    if (value instanceof GenericRecord record) {
      return hide(record);
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> hidden = new LinkedHashMap<>();
      map.forEach(
          (key, inner) ->
              hidden.put(key, names.contains(String.valueOf(key)) ? HIDDEN : within(inner)));
      return hidden;
    }
    if (value instanceof Collection<?> items) {
      return items.stream().map(this::within).toList();
    }
    return value;
  }
}
