// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DemoOptionsTest {

  private static DemoOptions parsed(String... arguments) {
    DemoCommand command = new DemoCommand();
    new CommandLine(command).parseArgs(arguments);
    return command.options();
  }

  @Test
  void unless_said_five_bookings_fail_as_often_as_the_textbooks() {
    assertThat(parsed())
        .isEqualTo(
            new DemoOptions(
                5, Long.parseLong(DemoOptions.DEFAULT_SEED), new Rate(5), Failures.TEXTBOOK, 1));
  }

  @Test
  void everything_can_be_said() {
    assertThat(
            parsed(
                "--bookings=200",
                "--seed=7",
                "--rate=50/s",
                "--failures=car=1,flight=.5,hotel=0",
                "--instances=2"))
        .isEqualTo(new DemoOptions(200, 7, new Rate(50), new Failures(0.5, 0, 1), 2));
  }

  @Test
  void a_step_that_is_not_named_keeps_the_textbooks_rate() {
    assertThat(Failures.parse("car=0")).isEqualTo(new Failures(0.1, 0.15, 0));
  }

  @Test
  void bookings_are_evenly_spread_over_time() {
    assertThat(Rate.parse("50/s").due(0)).isEqualTo(Duration.ZERO);
    assertThat(Rate.parse("50").due(100)).isEqualTo(Duration.ofSeconds(2));
    assertThat(Rate.parse("0.5/s").due(3)).isEqualTo(Duration.ofSeconds(6));
    assertThat(Rate.parse("0").due(1_000_000)).isEqualTo(Duration.ZERO);
  }
}
