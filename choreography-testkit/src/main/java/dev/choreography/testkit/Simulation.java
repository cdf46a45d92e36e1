// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.testkit.Round.Finding;
import dev.choreography.testkit.Round.Setting;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Runs many sagas of a choreography in memory, with faults, and asks guarantees of each of them.
 * What happens to an event is the runtime's own doing; around it are topics, databases and a clock
 * that stand still until they are told otherwise.
 *
 * <p>Sagas run in rounds, each in a world of its own. The same seed has the same happen, if what
 * the author's handlers do depends on nothing but the world.
 */
public final class Simulation {

  /** Sagas that run at once: in each other's way, and still in the processor's cache. */
  private static final int ROUND = 100;

  private final long seed;
  private final int sagas;
  private final Faults faults;
  private final List<Guarantee> guarantees;
  private final Parts parts;
  private final Runs runs;

  /** How many there were of this simulation, whatever it was changed into. */
  static final class Runs {
    private int count;

    int count() {
      return count;
    }
  }

  /**
   * What was seen.
   *
   * @param seed of the first round
   * @param sagas that ran
   * @param completed of them
   * @param faults that struck
   */
  public record Report(long seed, int sagas, int completed, int faults) {}

  private Simulation(
      long seed, int sagas, Faults faults, List<Guarantee> guarantees, Parts parts, Runs runs) {
    this.seed = seed;
    this.sagas = sagas;
    this.faults = faults;
    this.guarantees = guarantees;
    this.parts = parts;
    this.runs = runs;
  }

  /** Ten thousand sagas from seed 1, with {@link Faults#usual()} and {@link Guarantee#all()}. */
  public static Simulation defaults() {
    return new Simulation(1, 10_000, Faults.usual(), Guarantee.all(), new Parts(), new Runs());
  }

  /** This one from another seed. */
  public Simulation withSeed(long other) {
    return new Simulation(other, sagas, faults, guarantees, parts, runs);
  }

  /**
   * This one with another number of sagas.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Simulation withSagas(int number) {
    if (number < 1) {
      throw new IllegalArgumentException("%s sagas, at least 1".formatted(number));
    }
    return new Simulation(seed, number, faults, guarantees, parts, runs);
  }

  /** This one with other faults. */
  public Simulation withFaults(Faults other) {
    return new Simulation(seed, sagas, other, guarantees, parts, runs);
  }

  /** This one with one more guarantee. */
  public Simulation with(Guarantee guarantee) {
    List<Guarantee> more = new ArrayList<>(guarantees);
    more.add(guarantee);
    return new Simulation(seed, sagas, faults, List.copyOf(more), parts, runs);
  }

  Simulation with(Parts other) {
    return new Simulation(seed, sagas, faults, guarantees, other, runs);
  }

  Runs runs() {
    return runs;
  }

  /**
   * Runs it.
   *
   * @param author describes the world of each round; called for every one
   * @throws ViolationError if a guarantee is broken
   */
  public Report run(Choreography choreography, Consumer<World> author) {
    runs.count++;
    MemoryCodec codec = new MemoryCodec(choreography);
    int completed = 0;
    int struck = 0;
    for (int ran = 0; ran < sagas; ran += ROUND) {
      Set<Long> faultsOfRound = new HashSet<>();
      Setting setting =
          new Setting(
              choreography,
              author,
              codec,
              parts,
              faults,
              guarantees,
              seed + ran / ROUND,
              IntStream.rangeClosed(1, Math.min(ROUND, sagas - ran)).boxed().toList(),
              Set.of(),
              faultsOfRound);
      try (Round round = new Round(setting)) {
        List<Finding> findings = round.play();
        if (!findings.isEmpty()) {
          throw violation(setting, findings.get(0));
        }
        completed += round.completed();
      }
      struck += faultsOfRound.size();
    }
    return new Report(seed, sagas, completed, struck);
  }

  private static ViolationError violation(Setting setting, Finding finding) {
    Shrinking.Least least = new Shrinking(setting, finding).least(finding);
    Saga saga = least.finding().saga();
    return new ViolationError(
        finding.guarantee(),
        setting.seed(),
        """
        %s: %s%s
        seed %s, %s of its %s sagas and %s of its faults are enough (found in %s tries)%s
        To see it again: Simulation.defaults().withSeed(%sL).withSagas(%s), or -D%s=%s\
        """
            .formatted(
                finding.guarantee(),
                saga == null ? "" : saga.id() + ": ",
                least.finding().message(),
                setting.seed(),
                least.sagas(),
                setting.numbers().size(),
                least.faults(),
                least.tries(),
                least.trace(),
                setting.seed(),
                setting.numbers().size(),
                Simulated.SEED,
                setting.seed()));
  }
}
