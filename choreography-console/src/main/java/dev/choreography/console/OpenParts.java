// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** What was opened, to be closed in reverse; one that does not close does not keep the others. */
final class OpenParts {

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  /** Closes all. */
  void close(Consumer<String> problems) {
    for (AutoCloseable part = parts.poll(); part != null; part = parts.poll()) {
      try {
        part.close();
      } catch (Exception e) { // the others are to be closed all the same
        problems.accept(
            "%s did not close cleanly: %s"
                .formatted(part.getClass().getSimpleName(), Console.reason(e)));
      }
    }
  }
}
