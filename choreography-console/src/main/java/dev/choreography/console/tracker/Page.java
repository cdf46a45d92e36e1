// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list.
 *
 * @param lines in their order
 * @param stop where it was looked up to, if there may be more
 */
public record Page(List<Line> lines, byte @Nullable [] stop) {

  private static final Comparator<Line> ORDER =
      (one, other) -> Arrays.compareUnsigned(one.position(), other.position());

  /**
   * A saga and its place in the list.
   *
   * @param position sorts as the list does
   */
  public record Line(byte[] position, Tracked saga) {}

  /**
   * One of several, each of other sagas. It ends where the first of them has not looked further,
   * since the others may still have some that come before the next.
   */
  static Page merge(Collection<Page> pages, SagaQuery query) {
    byte[] bound = null;
    for (Page page : pages) {
      byte[] stop = page.stop();
      if (stop != null && (bound == null || Arrays.compareUnsigned(stop, bound) < 0)) {
        bound = stop;
      }
    }
    List<Line> lines = new ArrayList<>();
    for (Page page : pages) {
      lines.addAll(page.lines());
    }
    lines.sort(query.oldestFirst() ? ORDER.reversed() : ORDER);
    if (query.oldestFirst()) {
      return new Page(List.copyOf(lines.subList(0, Math.min(query.limit(), lines.size()))), null);
    }
    if (bound != null) {
      byte[] last = bound;
      lines.removeIf(line -> Arrays.compareUnsigned(line.position(), last) > 0);
    }
    if (lines.size() > query.limit()) {
      List<Line> some = List.copyOf(lines.subList(0, query.limit()));
      return new Page(some, some.get(some.size() - 1).position());
    }
    return new Page(List.copyOf(lines), bound);
  }
}
