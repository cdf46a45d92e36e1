// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A record as it came.
 *
 * @param topic where it was read
 * @param partition where it was read
 * @param offset where it was read
 * @param timestamp the record's own
 * @param received when it was read
 * @param key as it came
 * @param value as it came
 * @param headers finds a header as it came by its name; of two with one name the last
 * @param misplaced whether it lies on another partition than its key's
 */
public record Incoming(
    String topic,
    int partition,
    long offset,
    Instant timestamp,
    Instant received,
    byte @Nullable [] key,
    byte @Nullable [] value,
    Function<String, byte @Nullable []> headers,
    boolean misplaced) {

  /** A header's text, or null where there is none. */
  public @Nullable String header(String name) {
    byte[] text = headers.apply(name);
    return text == null ? null : new String(text, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return topic + "-" + partition + "@" + offset;
  }
}
