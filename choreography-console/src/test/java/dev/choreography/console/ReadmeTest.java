// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Drawing;
import dev.choreography.kafka.Declarations;
import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReadmeTest {

  private static final Path EXAMPLE = Path.of("src/test/java/dev/choreography/readme/Example.java");

  private final Drawing drawing =
      new Drawing(Declaration.of(Declarations.declared(TripBooking.CHOREOGRAPHY)));

  @Test
  void its_table_is_that_of_the_declaration() throws IOException {
    assertThat(readme()).contains(drawing.table());
  }

  @Test
  void its_diagram_is_that_of_the_declaration() throws IOException {
    assertThat(readme()).contains("```mermaid\n" + drawing.mermaid() + "\n```");
  }

  @Test
  void its_example_is_code_that_compiles() throws IOException {
    String example = Files.readString(EXAMPLE);
    assertThat(
            Pattern.compile("// tag \\w+\\n(.*?)\\n *// end", Pattern.DOTALL)
                .matcher(example)
                .results()
                .map(MatchResult::group))
        .hasSize(3)
        .allSatisfy(part -> assertThat(readme()).contains(code(part)));
  }

  /** The lines between the marks, as far to the left as they go. */
  private static String code(String marked) {
    String lines = marked.lines().skip(1).collect(Collectors.joining("\n"));
    return lines.substring(0, lines.lastIndexOf('\n')).stripTrailing().stripIndent();
  }

  private static String readme() throws IOException {
    return Files.readString(Path.of("..", "README.md"));
  }
}
