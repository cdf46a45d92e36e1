// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.Set;

/**
 * What chance has in store for one saga, or for what concerns no single one: the same draws from
 * the same seed, whatever becomes of the others. A fault that is spared does not strike, and the
 * draws after it are the same.
 */
final class Lot {

  private static final long STEP = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 0x1.0p-53;

  private final long seed;
  private final Set<Long> spared;
  private final Set<Long> struck;
  private long drawn;

  /**
   * A lot.
   *
   * @param spared the faults that do not strike
   * @param struck is told of those that do
   */
  Lot(long seed, int number, Set<Long> spared, Set<Long> struck) {
    this.seed = mix(mix(seed) + number);
    this.spared = spared;
    this.struck = struck;
  }

  /** From 0 to 1, without 1. */
  double draw() {
    drawn += STEP;
    return (mix(seed + drawn) >>> 11) * UNIT;
  }

  /** From 0, without the bound. */
  int below(int bound) {
    return (int) (draw() * bound);
  }

  /**
   * Whether a fault strikes that does so in this share of cases.
   *
   * @return a number from 0 to 1, without 1, that tells which of its kind, or -1 if none does
   */
  double strike(double share) {
    double drew = draw();
    if (drew >= share) {
      return -1;
    }
    long id = seed + drawn;
    if (!spared.isEmpty() && spared.contains(id)) {
      return -1;
    }
    struck.add(id);
    return drew / share;
  }

  /** A number that looks like chance, the same for the same. */
  static double chance(long seed, String a, String b) {
    return (mix(mix(mix(seed) + a.hashCode()) + b.hashCode()) >>> 11) * UNIT;
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long bits) {
    long z = bits + STEP;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
