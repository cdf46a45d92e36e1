// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.List;

/** Takes some figures. */
@FunctionalInterface
interface Benchmark {

  /** Takes all the time it needs; what it started is stopped when it returns. */
  List<Figure> run(Plan plan) throws Exception;
}
