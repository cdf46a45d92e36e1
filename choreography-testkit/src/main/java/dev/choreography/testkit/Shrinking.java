// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.testkit.Round.Finding;
import dev.choreography.testkit.Round.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks for fewer sagas, then fewer faults, that break the same guarantee. */
final class Shrinking {

  private static final int MOST_TRIES = 400;

  private final Setting setting;
  private final String guarantee;
  private int tries;

  /**
   * The least that was found.
   *
   * @param finding what is wrong in the end
   * @param sagas how many are left
   * @param faults how many struck
   * @param trace of the saga that is wrong
   */
  record Least(Finding finding, int sagas, int faults, int tries, String trace) {}

  Shrinking(Setting setting, Finding finding) {
    this.setting = setting;
    this.guarantee = finding.guarantee();
  }

  Least least(Finding first) {
    List<Integer> sagas = new ArrayList<>(setting.numbers());
    if (first.saga() != null && isBroken(List.of(first.saga().number()), Set.of())) {
      sagas = List.of(first.saga().number());
    } else {
      sagas = fewest(sagas, left -> !left.isEmpty() && isBroken(left, Set.of()));
    }
    List<Integer> numbers = sagas;
    Set<Long> struck = new LinkedHashSet<>();
    play(numbers, Set.of(), struck);
    Set<Long> all = Set.copyOf(struck);
    List<Long> needed =
        fewest(new ArrayList<>(struck), left -> isBroken(numbers, without(all, left)));
    Set<Long> spared = without(all, needed);
    Set<Long> last = new HashSet<>();
    Played played = play(numbers, spared, last);
    if (played == null) {
      throw new IllegalStateException(
          "seed %s does not replay: the author's world depends on something else"
              .formatted(setting.seed()));
    }
    return new Least(played.finding, numbers.size(), last.size(), tries, played.trace);
  }

  private static Set<Long> without(Set<Long> all, Collection<Long> left) {
    Set<Long> spared = new HashSet<>(all);
    left.forEach(spared::remove);
    return spared;
  }

  /** Leaves out ever smaller parts as long as the rest will do. */
  private static <T> List<T> fewest(List<T> all, Predicate<List<T>> willDo) {
    List<T> left = all;
    for (int part = left.size(); part >= 1; part = part == 1 ? 0 : (part + 1) / 2) {
      for (int from = 0; from < left.size(); ) {
        List<T> rest = new ArrayList<>(left.subList(0, from));
        rest.addAll(left.subList(Math.min(left.size(), from + part), left.size()));
        if (willDo.test(rest)) {
          left = rest;
        } else {
          from += part;
        }
      }
    }
    return left;
  }

  private boolean isBroken(Collection<Integer> numbers, Set<Long> spared) {
    return tries < MOST_TRIES && play(numbers, spared, new HashSet<>()) != null;
  }

  private record Played(Finding finding, String trace) {}

  private @Nullable Played play(Collection<Integer> numbers, Set<Long> spared, Set<Long> struck) {
    tries++;
    Setting smaller =
        new Setting(
            setting.choreography(),
            setting.author(),
            setting.codec(),
            setting.parts(),
            setting.faults(),
            setting.guarantees(),
            setting.seed(),
            numbers,
            spared,
            struck);
    try (Round round = new Round(smaller)) {
      for (Finding finding : round.play()) {
        if (finding.guarantee().equals(guarantee)) {
          return new Played(finding, trace(round, finding));
        }
      }
    }
    return null;
  }

  private String trace(Round round, Finding finding) {
    Saga saga = finding.saga() == null ? likelyCause(round) : finding.saga();
    return Trace.of(saga.history(setting.choreography()));
  }

  /** Of all together one that was undone, if there is one: to go forwards is seldom the trouble. */
  private Saga likelyCause(Round round) {
    Saga cause = null;
    for (Saga saga : round.sagas()) {
      boolean undone =
          saga.history(setting.choreography()).happenings().stream()
              .anyMatch(happening -> happening.kind() == Happening.Kind.COMPENSATED);
      if (undone) {
        return saga;
      }
      cause = cause == null ? saga : cause;
    }
    return Objects.requireNonNull(cause);
  }
}
