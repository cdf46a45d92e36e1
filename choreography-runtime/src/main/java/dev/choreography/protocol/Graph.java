// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The directed acyclic graph of a choreography's steps and the relations the protocol speaks of.
 * Steps are numbers from 0 in the order of their declaration; a set of steps is an {@code int} with
 * a bit for each.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class Graph {

  /** The most steps a graph can have: what a step has heard is kept in the bits of one long. */
  public static final int MAX_STEPS = 20;

  private final int[] predecessors;
  private final int[] successors;
  private final int[] descendants;
  private final int[] concurrent;
  private final int[] near;

  private Graph(int[] predecessors) {
    int size = predecessors.length;
    this.predecessors = predecessors;
    this.successors = new int[size];
    this.descendants = new int[size];
    this.concurrent = new int[size];
    this.near = new int[size];
    int all = (1 << size) - 1;
    for (int step = 0; step < size; step++) {
      for (int p = 0; p < size; p++) {
        if (contains(predecessors[step], p)) {
          successors[p] |= 1 << step;
        }
      }
    }
    for (int step = 0; step < size; step++) {
      descendants[step] = reachable(step);
    }
    for (int step = 0; step < size; step++) {
      int related = 1 << step | descendants[step];
      for (int other = 0; other < size; other++) {
        if (contains(descendants[other], step)) {
          related |= 1 << other;
        }
      }
      concurrent[step] = all & ~related;
      int throughAnother = 0;
      for (int s = 0; s < size; s++) {
        if (contains(successors[step], s)) {
          throughAnother |= descendants[s];
        }
      }
      near[step] = successors[step] & ~throughAnother;
    }
  }

  /**
   * A graph in which {@code predecessors.get(s)} are the steps that step {@code s} directly
   * follows; a step with none follows the start event alone.
   *
   * @throws IllegalArgumentException if there is no step or more than {@value #MAX_STEPS}, if a
   *     predecessor is no step, or if the steps form a cycle
   */
  public static Graph of(List<? extends Collection<Integer>> predecessors) {
    int size = predecessors.size();
    if (size == 0 || size > MAX_STEPS) {
      throw new IllegalArgumentException(
          "a graph has 1 to " + MAX_STEPS + " steps, this one has " + size);
    }
    int[] sets = new int[size];
    for (int step = 0; step < size; step++) {
      for (int p : predecessors.get(step)) {
        if (p < 0 || p >= size) {
          throw new IllegalArgumentException(
              "step " + step + " follows step " + p + ", which does not exist");
        }
        sets[step] |= 1 << p;
      }
    }
    Set<Integer> cyclic = cyclic(predecessors);
    if (!cyclic.isEmpty()) {
      throw new IllegalArgumentException("steps " + cyclic + " wait for one another in a cycle");
    }
    return new Graph(sets);
  }

  /** The steps that can never run, because they are part of a cycle or follow one. */
  public static Set<Integer> cyclic(List<? extends Collection<Integer>> predecessors) {
    Set<Integer> left = new LinkedHashSet<>();
    IntStream.range(0, predecessors.size()).forEach(left::add);
    while (left.removeIf(step -> predecessors.get(step).stream().noneMatch(left::contains))) {
      // each round removes the steps whose predecessors have all been removed
    }
    return left;
  }

  private int reachable(int step) {
    int found = successors[step];
    for (int before = 0; before != found; ) {
      before = found;
      for (int s = 0; s < size(); s++) {
        if (contains(found, s)) {
          found |= successors[s];
        }
      }
    }
    return found;
  }

  /** Whether a set of steps contains a step. */
  public static boolean contains(int steps, int step) {
    return (steps >> step & 1) == 1;
  }

  /** The number of steps. */
  public int size() {
    return predecessors.length;
  }

  /** {@code pred(s)}: the steps that a step directly follows. */
  public int predecessors(int step) {
    return predecessors[step];
  }

  /** {@code succ(s)}: the steps that directly follow a step. */
  public int successors(int step) {
    return successors[step];
  }

  /** {@code desc(s)}: the steps that follow a step directly or through others. */
  public int descendants(int step) {
    return descendants[step];
  }

  /** {@code conc(s)}: the steps that neither follow a step nor are followed by it. */
  public int concurrent(int step) {
    return concurrent[step];
  }

  /**
   * {@code near(s)}: the successors that are not also reached through another successor (the
   * transitive reduction). Their resolution is what a compensation waits for; a farther one would
   * be waited for without end, since it tells only those that are near to it.
   */
  public int near(int step) {
    return near[step];
  }

  /** Whether a step follows the start event alone. */
  public boolean isRoot(int step) {
    return predecessors[step] == 0;
  }

  /** Whether no step follows this one. */
  public boolean isSink(int step) {
    return successors[step] == 0;
  }

  /** Whether a step can ever be told to undo: it has a successor or a parallel step. */
  public boolean canBeUndone(int step) {
    return (successors[step] | concurrent[step]) != 0;
  }
}
