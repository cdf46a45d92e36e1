// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where a console answers; common to the commands that ask one. */
final class ConsoleOptions {

  @Option(
      names = "--console",
      paramLabel = "URL",
      description = {
        "A console, with its token to read in SAGA_READ_TOKEN; or in SAGA_CONSOLE_URL.",
        "Where nothing is said, that of a running `saga up` is found."
      })
  private @Nullable String console;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ConsoleOptions() {}

  /**
   * The console.
   *
   * @throws ParameterException if there is none
   */
  ConsoleClient required() {
    return find()
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    "it is not said where a console is: start one with `./saga up` or `./saga"
                        + " console`, or name it with --console"));
  }

  /** Whether it is said which one. */
  boolean isNamed() {
    return console != null || System.getenv().containsKey("SAGA_CONSOLE_URL");
  }

  /** The console, if there is one. */
  Optional<ConsoleClient> find() {
    return find(System.getenv(), () -> UpState.ofThisInstallation().read());
  }

  Optional<ConsoleClient> find(Map<String, String> environment, Supplier<Optional<Properties>> up) {
    String url = console != null ? console : environment.getOrDefault("SAGA_CONSOLE_URL", "");
    if (!url.isBlank()) {
      String token = environment.getOrDefault("SAGA_READ_TOKEN", "");
      if (token.isBlank()) {
        throw new ParameterException(
            spec.commandLine(), "the console's token to read is missing in SAGA_READ_TOKEN");
      }
      if (!url.matches("https?://\\S+")) {
        throw new ParameterException(
            spec.commandLine(),
            "--console is '%s', expected a URL that begins with http".formatted(url));
      }
      return Optional.of(new ConsoleClient(url.replaceAll("/+$", ""), token.strip()));
    }
    return up.get()
        .filter(found -> found.containsKey(UpState.CONSOLE_URL))
        .map(
            found ->
                new ConsoleClient(
                    found.getProperty(UpState.CONSOLE_URL).replaceAll("/+$", ""),
                    found.getProperty(UpState.CONSOLE_TOKEN)));
  }
}
