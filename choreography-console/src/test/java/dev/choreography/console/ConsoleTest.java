// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
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
        "demo --json=maybe",
        "up now",
        "up --failures boat=1",
        "start now",
        "start --id",
        "start --id ",
        "start --data",
        "start --data {",
        "start --data {}{}",
        "start --data []",
        "start --data {\"seat\":1}",
        "start --data {} --file x",
        "start --file /there/is/none",
        "start --id a --data {\"saga_id\":\"b\"}",
        "trace",
        "trace one two",
        "trace one --bootstrap nowhere --registry http://localhost",
        "trace one --bootstrap localhost:9092 --registry nowhere",
        "trace one --bootstrap localhost:9092",
        "trace one --bootstrap localhost:9092 --registry http://[oops",
        "trace one --bootstrap localhost:9092 --registry http://no_host",
        "trace one --config /there/is/none",
        "cancel",
        "cancel one --reason",
        "parked now",
        "retry one",
        "retry one two three",
        "resolve one two",
        "resolve one two --reason",
        "repair",
        "repair one --stuck",
        "repair --stuck --open",
        "repair one --yes",
        "repair --open --choreography Trip",
        "verify now",
        "verify --against",
        "verify --against /there/is/none",
        "verify --against pom.xml",
        "verify --against x --record y",
        "drain a:b",
        "drain trip_booking:0",
        "drain Trip",
        "drain one two",
        "drain --wait=soon",
        "topics --partitions 3",
        "topics --create --partitions 0",
        "topics --create --replicas many",
        "dead-letters 3",
        "dead-letters --show",
        "replay",
        "completion zsh"
      })
  void wrong_use_is_one_sentence_that_says_what_to_do_and_exit_code_2(String arguments) {
    assertThat(saga(arguments)).isEqualTo(Console.WRONG_USE);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .containsPattern("; `./saga( [a-z-]+)? --help` lists what can be said\\.$");
  }

  @Test
  void what_was_wrong_and_what_was_expected_is_said() {
    saga("demo --failures boat=0.1");
    assertThat(err.toString()).contains("'boat=0.1'", "flight=0.1,hotel=0.15,car=0.3");
  }

  @Test
  void each_problem_of_the_data_is_named_with_its_place() {
    saga("start --data {\"trip\":{\"check_in\":5,\"seat\":\"1A\",\"check_out\":\"soon\"}}");
    assertThat(err.toString())
        .contains(
            "trip.check_in is 5, expected a date such as \"2027-05-01\"",
            "trip.seat is no field, expected one of booking_id, customer_id",
            "trip.check_out is \"soon\", expected a date such as \"2027-05-04\"");
  }

  @Test
  void the_completion_is_bash_and_knows_every_command_and_option() throws Exception {
    assertThat(saga("completion")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .contains("dead-letters", "replay", "--follow", "--bootstrap", "--bookings");
    Process bash = new ProcessBuilder("bash", "-n").start();
    try (Writer script = bash.outputWriter()) {
      script.write(out.toString());
    }
    assertThat(bash.waitFor()).isZero();
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
