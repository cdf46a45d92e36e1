// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a saga can be called, so that a record key and an indexed column can hold it. */
public final class SagaId {

  /** The longest saga id, in bytes of UTF-8; PostgreSQL indexes keys of up to 2,700 in all. */
  public static final int MAX_BYTES = 1_000;

  private SagaId() {}

  /** Why this cannot be a saga's id, a sentence, or null if it can. */
  public static @Nullable String problem(String sagaId) {
    if (sagaId.isEmpty()) {
      return "the saga id is empty";
    }
    if (sagaId.indexOf('\0') >= 0) {
      return "the saga id contains a null character";
    }
    int bytes = sagaId.getBytes(StandardCharsets.UTF_8).length;
    return bytes <= MAX_BYTES
        ? null
        : "the saga id has %s bytes, at most %s are possible".formatted(bytes, MAX_BYTES);
  }
}
