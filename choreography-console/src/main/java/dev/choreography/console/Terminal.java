// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import java.util.UUID;

/**
 * Standard output and standard error of this program. Whatever others have written into ids,
 * reasons and logs, no control character of it reaches the terminal, and no password in an address.
 */
final class Terminal {

  /** Stands for an escape character of our own, and is not to be guessed. */
  private static final String MARK = "\uFDD0" + UUID.randomUUID() + "\uFDD1";

  private Terminal() {}

  /** Standard output did not take what was written. */
  static final class OutputException extends RuntimeException {

    private static final long serialVersionUID = 1;

    OutputException(IOException cause) {
      super("standard output cannot be written: " + cause.getMessage(), cause);
    }

    /** Whether nobody reads any more, as after {@code saga list | head}. */
    boolean isClosedPipe() {
      return String.valueOf(getMessage()).contains("Broken pipe");
    }
  }

  /** A text in a colour or weight, by its number. */
  static String styled(String code, String text) {
    return MARK + "[" + code + "m" + text + MARK + "[0m";
  }

  /**
   * Standard output.
   *
   * @return throws {@link OutputException} where a print writer would keep silent
   */
  static PrintWriter out() {
    return writer(new FileOutputStream(FileDescriptor.out), true);
  }

  static PrintWriter writer(OutputStream out, boolean flushesLines) {
    return new PrintWriter(new Harmless(new OutputStreamWriter(out, UTF_8)), flushesLines);
  }

  /** Standard error. */
  static PrintStream err() {
    return err(new FileOutputStream(FileDescriptor.err));
  }

  static PrintStream err(OutputStream err) {
    return new PrintStream(new HarmlessLines(err), true, UTF_8);
  }

  /** A text without passwords in addresses. */
  static String withoutPasswords(String text) {
    return text.replaceAll("(?<=://)[^/@\\s]*@(?=[^/\\s])", "");
  }

  private static String harmless(String text) {
    StringBuilder harmless = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean endsLine =
          c == '\n' || (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n');
      if (!endsLine && c != '\t' && isHarmful(c)) {
        harmless = harmless == null ? new StringBuilder(text.substring(0, i)) : harmless;
        harmless.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else if (harmless != null) {
        harmless.append(c);
      }
    }
    return harmless == null ? text : harmless.toString();
  }

  /** Controls, and what turns the direction of text around. */
  private static boolean isHarmful(char c) {
    return Character.isISOControl(c)
        || (c >= '\u202A' && c <= '\u202E')
        || (c >= '\u2066' && c <= '\u2069');
  }

  /** Text on its way to standard output. */
  private static final class Harmless extends Writer {

    private final Writer to;

    Harmless(Writer to) {
      this.to = to;
    }

    @Override
    public void write(char[] chars, int from, int length) {
      write(new String(chars, from, length));
    }

    @Override
    public void write(String text, int from, int length) {
      write(text.substring(from, from + length));
    }

    @Override
    public void write(String text) {
      try {
        to.write(harmless(text).replace(MARK, "\033"));
      } catch (IOException e) {
        throw new OutputException(e);
      }
    }

    @Override
    public void flush() {
      try {
        to.flush();
      } catch (IOException e) {
        throw new OutputException(e);
      }
    }

    @Override
    public void close() {
      flush();
    }
  }

  /** Lines on their way to standard error, as bytes of an encoding that has ASCII in it. */
  private static final class HarmlessLines extends OutputStream {

    private final OutputStream to;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    HarmlessLines(OutputStream to) {
      this.to = to;
    }

    @Override
    public synchronized void write(int b) throws IOException {
      line.write(b);
      if (b == '\n') {
        flush();
      }
    }

    @Override
    public synchronized void flush() throws IOException {
      if (line.size() == 0) {
        return;
      }
      String bytes = withoutPasswords(line.toString(ISO_8859_1));
      line.reset();
      // The second controls, as UTF-8 has them: others' bytes of these values are parts of letters.
      bytes =
          bytes
              .replaceAll("\u00C2[\u0080-\u009F]", "?")
              .replaceAll("\u00E2\u0080[\u00AA-\u00AE]", "?")
              .replaceAll("\u00E2\u0081[\u00A6-\u00A9]", "?");
      StringBuilder harmless = new StringBuilder();
      for (int i = 0; i < bytes.length(); i++) {
        char c = bytes.charAt(i);
        boolean isControl = (c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7F;
        harmless.append(
            isControl ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
      }
      to.write(harmless.toString().getBytes(ISO_8859_1));
      to.flush();
    }
  }
}
