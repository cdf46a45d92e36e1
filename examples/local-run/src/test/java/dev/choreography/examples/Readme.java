// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Choreography;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The README of the example whose tests run, and what it promises. */
public final class Readme {

  private static final Path ROOT = Path.of("..", "..");
  private static final String COMMAND = "$ java ";
  private static final int PATIENCE_SECONDS = 120;

  private final String text;

  /** Reads it. */
  public Readme() throws IOException {
    this.text = Files.readString(Path.of("README.md"));
  }

  /** Its picture is the declaration's. */
  public void shows(Choreography choreography) {
    assertThat(text).contains("```mermaid\n" + choreography.mermaid() + "\n```");
  }

  /** What it says of the program's output is so; the paths of sagas, which race, left aside. */
  public void tells(Output output) {
    String example =
        text.substring(text.indexOf("```\n", text.indexOf("whether what was promised")));
    assertThat(output.lines())
        .containsAll(
            example
                .substring(0, example.indexOf("\n```"))
                .lines()
                .skip(1)
                .filter(
                    line -> !line.equals("...") && !line.matches(".*  (completed|compensated) .*"))
                .toList());
  }

  /** Runs the command that it gives, where it says to, on this Java. */
  public Output run() throws IOException, InterruptedException {
    String command =
        text.lines().filter(line -> line.startsWith(COMMAND)).findFirst().orElseThrow();
    List<String> words = new ArrayList<>(List.of(command.substring(2).split(" ")));
    words.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path log = Path.of("target", "program.log").toAbsolutePath();
    Path errors = Path.of("target", "program-errors.log").toAbsolutePath();
    Process program =
        new ProcessBuilder(words)
            .directory(ROOT.toFile())
            .redirectOutput(log.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertThat(program.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .as("%s ends, see %s and %s", command, log, errors)
          .isTrue();
    } finally {
      program.destroyForcibly();
    }
    return new Output(program.exitValue(), Files.readAllLines(log));
  }
}
