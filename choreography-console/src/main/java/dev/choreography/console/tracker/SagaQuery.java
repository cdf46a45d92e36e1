// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Which sagas, and which page of them. They come in the order of their start, the last first; with
 * an id's beginning in the order of their ids.
 *
 * @param status one of a saga's, or {@code parked}; any if null
 * @param choreography its name; any if null
 * @param step that they wait for or in which they are parked; any if null
 * @param since started at or after
 * @param until started before
 * @param id how the id begins
 * @param limit at most so many
 * @param after where the page before ended, in whatever partition; null for the first page
 * @param oldestFirst the other way round; has only the first page
 */
public record SagaQuery(
    @Nullable String status,
    @Nullable String choreography,
    @Nullable String step,
    @Nullable Instant since,
    @Nullable Instant until,
    @Nullable String id,
    int limit,
    byte @Nullable [] after,
    boolean oldestFirst) {

  /** The most lines of a page. */
  public static final int MOST = 500;

  /** The oldest of a status. */
  static SagaQuery oldest(String status) {
    return new SagaQuery(status, null, null, null, null, null, 1, null, true);
  }

  /** The list in which they are, narrowed by what can be seen in its keys. */
  Bytes list() {
    if (id != null) {
      return Index.ids();
    }
    if (step != null) {
      return Index.at(step);
    }
    if (status != null) {
      return choreography == null ? Index.in(status) : Index.in(status, choreography);
    }
    return choreography == null ? Index.all() : Index.of(choreography);
  }

  Bytes from() {
    Bytes list = list();
    Bytes from = list;
    if (id != null) {
      from = Index.beginning(id);
    } else if (until != null) {
      // Started before means after its key; the one at that very moment is left to the filter.
      from = new KeyBytes().raw(list.get()).descending(millis(until)).bytes();
    }
    if (after == null) {
      return from;
    }
    // The least key after it.
    Bytes next = new KeyBytes().raw(list.get()).raw(after).raw(new byte[1]).bytes();
    return next.compareTo(from) > 0 ? next : from;
  }

  Bytes to() {
    if (id != null) {
      return KeyBytes.end(Index.beginning(id));
    }
    Bytes list = list();
    return KeyBytes.end(
        since == null ? list : new KeyBytes().raw(list.get()).descending(millis(since)).bytes());
  }

  private static long millis(Instant time) {
    return Math.max(0, time.toEpochMilli());
  }

  /** Whether it is one of them; not all of it can be seen in the list. */
  boolean matches(Tracked saga) {
    return (status == null
            || saga.status().equals(status)
            || (status.equals("parked") && !saga.parked().isEmpty()))
        && (choreography == null || saga.choreography().equals(choreography))
        && (id == null || saga.saga().startsWith(id))
        && (step == null
            || (saga.isInFlight()
                && (saga.waiting().contains(step) || saga.parked().contains(step))))
        && (since == null || saga.started() >= since.toEpochMilli())
        && (until == null || saga.started() < until.toEpochMilli());
  }

  /** The same for another instance. */
  Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    put(parameters, "status", status);
    put(parameters, "choreography", choreography);
    put(parameters, "step", step);
    put(parameters, "since", since);
    put(parameters, "until", until);
    put(parameters, "id", id);
    put(parameters, "limit", limit);
    put(parameters, "after", after == null ? null : cursor(after));
    put(parameters, "oldest_first", oldestFirst);
    return parameters;
  }

  private static void put(Map<String, String> to, String name, @Nullable Object value) {
    if (value != null) {
      to.put(name, value.toString());
    }
  }

  static SagaQuery of(Map<String, String> parameters) {
    String since = parameters.get("since");
    String until = parameters.get("until");
    String after = parameters.get("after");
    return new SagaQuery(
        parameters.get("status"),
        parameters.get("choreography"),
        parameters.get("step"),
        since == null ? null : Instant.parse(since),
        until == null ? null : Instant.parse(until),
        parameters.get("id"),
        Integer.parseInt(parameters.getOrDefault("limit", "50")),
        after == null ? null : position(after),
        Boolean.parseBoolean(parameters.get("oldest_first")));
  }

  /** A position as text. */
  public static String cursor(byte[] position) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(position);
  }

  /**
   * A position that was told as text.
   *
   * @throws IllegalArgumentException if it was not
   */
  public static byte[] position(String cursor) {
    return Base64.getUrlDecoder().decode(cursor.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SagaQuery query
        && parameters().equals(query.parameters())
        && Arrays.equals(after, query.after);
  }

  @Override
  public int hashCode() {
    return parameters().hashCode();
  }
}
