// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class ConsoleOptionsTest {

  @Command
  static final class Asking {
    @Mixin private ConsoleOptions options = new ConsoleOptions();
  }

  private static ConsoleOptions options(String... arguments) {
    Asking asking = new Asking();
    new CommandLine(asking).parseArgs(arguments);
    return asking.options;
  }

  private static Optional<Properties> up() {
    Properties up = new Properties();
    up.setProperty(UpState.CONSOLE_URL, "http://here:1/");
    up.setProperty(UpState.CONSOLE_TOKEN, "told");
    return Optional.of(up);
  }

  @Test
  void one_that_is_running_is_found_and_none_where_there_is_none() {
    assertThat(options().find(Map.of(), ConsoleOptionsTest::up)).isPresent();
    assertThat(options().find(Map.of(), Optional::empty)).isEmpty();
  }

  @Test
  void a_console_that_is_named_needs_its_token() {
    assertThatThrownBy(
            () -> options("--console", "http://there").find(Map.of(), ConsoleOptionsTest::up))
        .hasMessageContaining("missing in SAGA_READ_TOKEN");
    assertThat(
            options()
                .find(
                    Map.of("SAGA_CONSOLE_URL", "http://there", "SAGA_READ_TOKEN", "t"),
                    Optional::empty))
        .isPresent();
    assertThatThrownBy(
            () ->
                options("--console", "there").find(Map.of("SAGA_READ_TOKEN", "t"), Optional::empty))
        .hasMessageContaining("expected a URL");
  }
}
