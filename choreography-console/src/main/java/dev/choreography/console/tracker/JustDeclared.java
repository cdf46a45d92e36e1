// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.console.trace.Declaration;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * Whether a choreography that was not declared when the client started is by now. Its events would
 * be folded without knowing what they mean, so the client has to begin anew before it goes on. For
 * one thread.
 */
final class JustDeclared implements Predicate<String> {

  /** Each answer is a read of the whole topic, and an unknown id may come with every record. */
  private static final Duration BETWEEN_QUESTIONS = Duration.ofSeconds(1);

  private final Sources sources;
  private long asked = System.nanoTime() - BETWEEN_QUESTIONS.toNanos();

  JustDeclared(Sources sources) {
    this.sources = sources;
  }

  @Override
  public boolean test(String id) {
    if (System.nanoTime() - asked < BETWEEN_QUESTIONS.toNanos()) {
      return false;
    }
    asked = System.nanoTime();
    try {
      return sources.declarations().stream().map(Declaration::id).anyMatch(id::equals);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
