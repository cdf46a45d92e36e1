// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.util.List;

/** A declaration that cannot run. Lists every problem at once. */
public final class InvalidChoreographyException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  InvalidChoreographyException(String choreography, List<String> problems) {
    super(
        "choreography %s cannot be built, %s problem(s):%n  - %s"
            .formatted(
                choreography,
                problems.size(),
                String.join(System.lineSeparator() + "  - ", problems)));
    this.problems = List.copyOf(problems);
  }

  /** One sentence for each problem. */
  public List<String> problems() {
    return problems;
  }
}
