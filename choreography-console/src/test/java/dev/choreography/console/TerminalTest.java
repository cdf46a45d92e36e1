// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TerminalTest {

  /**
   * A colour, a title, an erased line, one byte that begins a sequence, text that runs backwards.
   */
  private static final String OTHERS = "a\u001b[31mRED\u001b]0;pwn\u0007\rb\u009b2Jc\u202ed ü";

  private static String written(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintWriter out = Terminal.writer(bytes, true);
    out.printf("%s%n", text);
    return bytes.toString(UTF_8);
  }

  @Test
  void no_control_character_of_others_reaches_standard_output() {
    assertThat(written(OTHERS))
        .isEqualTo("a\\u001b[31mRED\\u001b]0;pwn\\u0007\\u000db\\u009b2Jc\\u202ed ü\n");
    assertThat(written("two\tlines\nhere")).isEqualTo("two\tlines\nhere\n");
  }

  @Test
  void our_own_colours_do() {
    assertThat(written(Terminal.styled("31", "x" + OTHERS)))
        .startsWith("\u001b[31mxa\\u001b[31mRED")
        .endsWith("\u001b[0m\n");
  }

  @Test
  void neither_does_it_reach_standard_error_nor_does_a_password() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream err = Terminal.err(bytes)) {
      err.print(OTHERS);
      err.println(": http://ann:s3cret@127.0.0.1:9/apis and http://bob@there:1");
    }
    assertThat(bytes.toString(UTF_8))
        .doesNotContain("\u001b", "\u0007", "\u009b", "\u202e", "s3cret", "ann", "bob")
        .contains("RED", ": http://127.0.0.1:9/apis and http://there:1");
  }

  @Test
  void a_password_is_in_no_reason() {
    assertThat(
            Console.reason(
                new IllegalStateException(
                    "asking http://ann:s3cret@one:1/x,http://bob:p4ss@two:2/y: refused")))
        .isEqualTo("asking http://one:1/x,http://two:2/y: refused");
  }

  @Test
  void what_cannot_be_written_is_told_and_the_exit_code_says_so() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    assertThatThrownBy(() -> Terminal.writer(full, true).println("x"))
        .hasMessage("standard output cannot be written: No space left on device");
    StringWriter err = new StringWriter();
    assertThat(Console.run(Terminal.writer(full, false), new PrintWriter(err), "completion"))
        .isEqualTo(Console.DOES_NOT_HOLD);
    assertThat(err).hasToString("standard output cannot be written: No space left on device\n");
  }

  @Test
  void a_word_that_the_locale_has_mangled_is_refused() {
    StringWriter err = new StringWriter();
    int code =
        Console.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err),
            "start",
            "--id",
            "k\uFFFD\uFFFDln-1");
    assertThat(code).isEqualTo(Console.WRONG_USE);
    assertThat(err.toString()).contains("would name another saga", "LC_ALL=C.UTF-8");
  }

  @Test
  void every_module_writes_text_for_programs_the_same_way_in_every_locale() throws IOException {
    assertThat(DefaultLocale.uses(Path.of("..").toRealPath())).isEmpty();
    assertThat(Files.exists(Path.of("../choreography-runtime/src/main/java"))).isTrue();
  }
}
