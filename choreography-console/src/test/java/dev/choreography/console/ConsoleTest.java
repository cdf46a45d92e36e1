// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ConsoleTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int saga(String arguments) {
    CommandLine command =
        Console.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return command.execute(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "dmeo",
        "--bookings",
        "demo more",
        "demo --booking 5",
        "demo --bookings",
        "demo --bookings 0",
        "demo --bookings -1",
        "demo --bookings five",
        "demo --bookings 100001",
        "demo --bookings 5 --bookings 6",
        "demo --seed -7",
        "demo --seed x",
        "demo --seed 1234567890123456789",
        "demo --rate fast",
        "demo --rate -1",
        "demo --rate 9999999",
        "demo --instances 5",
        "demo --instances 0",
        "demo --failures 0.1",
        "demo --failures flight",
        "demo --failures flight=2",
        "demo --failures flight=0.1,",
        "demo --failures flight=0.1,flight=0.2",
        "demo --failures boat=0.1",
        "demo --json=maybe"
      })
  void wrong_use_is_one_sentence_that_says_what_to_do_and_exit_code_2(String arguments) {
    assertThat(saga(arguments)).isEqualTo(Console.WRONG_USE);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .containsPattern("; `./saga( demo)? --help` lists what can be said\\.$");
  }

  @Test
  void what_was_wrong_and_what_was_expected_is_said() {
    saga("demo --failures boat=0.1");
    assertThat(err.toString()).contains("'boat=0.1'", "flight=0.1,hotel=0.15,car=0.3");
  }

  @Test
  void help_and_version_are_no_wrong_use() {
    assertThat(saga("--help")).isEqualTo(Console.OK);
    assertThat(saga("demo --help")).isEqualTo(Console.OK);
    assertThat(saga("--version")).isEqualTo(Console.OK);
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString())
        .contains("--bookings", "--seed", "--rate", "--failures", "--instances", "--json")
        .containsPattern("saga \\d+\\.\\d+");
  }
}
