// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.control.Cancel;
import java.time.Instant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saga cancel}. */
@Command(
    name = "cancel",
    description = {
      "Asks that a saga not complete: steps that have not run will not, and what was done is"
          + " undone. A saga that completes first stays completed.",
      "Exit code 1 if it has ended already, or is not known."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class CancelCommand extends OperatorCommand {

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "cancelled by an operator",
      description = "Why, for people; '${DEFAULT-VALUE}' unless said.")
  private String reason;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  CancelCommand() {}

  @Override
  Saying say(SagaTrace trace, String operator, ObjectNode answer) {
    return saying(trace, reason, operator);
  }

  /**
   * What asks a saga not to complete.
   *
   * @throws Refusal if it has ended
   */
  static Saying saying(SagaTrace trace, String reason, String operator) {
    String saga = trace.saga();
    if (trace.hasEnded()) {
      throw new Refusal(
          "saga %s has already %s, there is nothing to cancel: `./saga trace %s` shows it"
              .formatted(
                  saga,
                  trace.status(Instant.MIN).equals("completed") ? "completed" : "been compensated",
                  Console.quoted(saga)));
    }
    String refused = trace.refused();
    if (refused != null) {
      throw new Refusal(
          "saga %s has not begun, there is nothing to cancel: %s".formatted(saga, refused));
    }
    return new Saying(
        new Cancel(saga, reason, operator),
        "",
        "%s is asked not to complete".formatted(saga),
        "saga %s was not cancelled".formatted(saga));
  }
}
