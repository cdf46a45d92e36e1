// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code saga completion}. */
@Command(
    name = "completion",
    description =
        "Prints what makes bash complete commands and options: source <(./saga completion)",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class CompletionCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  CompletionCommand() {}

  @Override
  public Integer call() {
    CommandLine saga = spec.root().commandLine();
    saga.getOut().print(AutoComplete.bash("saga", saga));
    saga.getOut().flush();
    return Console.OK;
  }
}
