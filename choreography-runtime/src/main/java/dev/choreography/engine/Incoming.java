// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Instant;
import java.util.Map;
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
 * @param headers the text headers; of two with one name the last
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
    Map<String, String> headers,
    boolean misplaced) {

  @Override
  public String toString() {
    return topic + "-" + partition + "@" + offset;
  }
}
