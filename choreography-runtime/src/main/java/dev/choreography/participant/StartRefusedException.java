// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import java.util.List;

/** A participant that would not keep the protocol's promises. Lists every problem at once. */
public final class StartRefusedException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  StartRefusedException(String participant, List<String> problems) {
    super(
        "participant %s does not start, %s problem(s):%n  - %s"
            .formatted(
                participant,
                problems.size(),
                String.join(System.lineSeparator() + "  - ", problems)));
    this.problems = List.copyOf(problems);
  }

  /** One sentence for each problem. */
  public List<String> problems() {
    return problems;
  }
}
