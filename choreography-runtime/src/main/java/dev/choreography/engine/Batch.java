// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One call of an intake: the records of a poll, or the rows that are due, and the time for them.
 */
final class Batch {

  private final Progress progress;
  private final long until;
  private final List<Incoming> unreadable = new ArrayList<>();
  private final Set<Incoming> unread = new LinkedHashSet<>();
  private Collection<Position> advanced = List.of();
  private boolean worked;

  /** A batch that begins now, and begins no more sagas after so long. */
  Batch(Progress progress, Duration limit) {
    this.progress = progress;
    this.until = System.nanoTime() + limit.toNanos();
  }

  /** Notes that a transaction of it did something, or failed: the rest can wait. */
  void worked() {
    worked = true;
  }

  /** Returns whether no more sagas are to be begun. */
  boolean isOver() {
    return isOver(false);
  }

  /**
   * Returns whether a transaction is to begin no more sagas. However late it is, something is done:
   * otherwise what comes once more and changes nothing could keep the rest waiting for ever.
   *
   * @param inTransaction whether the transaction did something
   */
  boolean isOver(boolean inTransaction) {
    return (worked || inTransaction) && System.nanoTime() - until > 0;
  }

  /** Notes a record that is a dead letter whatever the journal says. */
  void cannotRead(Incoming record) {
    unreadable.add(record);
  }

  /** Notes records that are to be read again. */
  void giveBack(Collection<Delivery> deliveries) {
    deliveries.forEach(delivery -> unread.add(delivery.record()));
  }

  /** Notes the positions that were committed. */
  void advancedTo(Collection<Position> positions) {
    advanced = positions;
  }

  /**
   * Returns the positions that a transaction leads to.
   *
   * @param deadLetters found by it
   * @param givenBack not handled by it
   */
  Collection<Position> positions(
      Collection<DeadLetter> deadLetters, Collection<Delivery> givenBack) {
    List<Incoming> notHandled = new ArrayList<>(unreadable);
    deadLetters.forEach(letter -> notHandled.add(letter.record()));
    givenBack.forEach(delivery -> notHandled.add(delivery.record()));
    return progress.without(notHandled);
  }

  /** Returns the result. Dead letters that are read again are found once more then. */
  Handled result(List<DeadLetter> deadLetters) {
    return new Handled(
        deadLetters.stream().filter(letter -> !isReadAgain(letter.record())).toList(),
        List.copyOf(unread),
        advanced);
  }

  private boolean isReadAgain(Incoming record) {
    return unread.stream()
        .anyMatch(
            given ->
                given.topic().equals(record.topic())
                    && given.partition() == record.partition()
                    && given.offset() <= record.offset());
  }
}
