// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;

/**
 * Times as headers carry them: ISO-8601 in UTC, exactly as {@link Instant#toString} and {@link
 * Instant#parse} have it, and many times as fast, since every event has four. Reading is so where
 * there are milliseconds and no more, as in deadlines.
 */
public final class HeaderTime {

  private static final int SECONDS_LENGTH = "2026-11-20T12:00:00Z".length();
  private static final int MILLIS_LENGTH = "2026-11-20T12:00:00.000Z".length();
  private static final int[] NANOS_OF_LAST_DIGIT = {0, 0, 0, 1_000_000, 0, 0, 1_000, 0, 0, 1};
  private static final long SECONDS_OF_DAY = 86_400;

  private HeaderTime() {}

  /** The text of a time. */
  public static String format(Instant time) {
    long seconds = time.getEpochSecond();
    int nanos = time.getNano();
    if (Math.abs(seconds) >= 1L << 37) {
      return time.toString();
    }
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(seconds, SECONDS_OF_DAY));
    if (date.getYear() < 0 || date.getYear() > 9_999) {
      return time.toString();
    }
    int second = (int) Math.floorMod(seconds, SECONDS_OF_DAY);
    int digits = fractionDigits(nanos);
    byte[] text = new byte[SECONDS_LENGTH + (digits == 0 ? 0 : 1 + digits)];
    write(text, 0, 4, date.getYear());
    text[4] = '-';
    write(text, 5, 2, date.getMonthValue());
    text[7] = '-';
    write(text, 8, 2, date.getDayOfMonth());
    text[10] = 'T';
    write(text, 11, 2, second / 3_600);
    text[13] = ':';
    write(text, 14, 2, second / 60 % 60);
    text[16] = ':';
    write(text, 17, 2, second % 60);
    if (digits > 0) {
      text[19] = '.';
      write(text, 20, digits, nanos / NANOS_OF_LAST_DIGIT[digits]);
    }
    text[text.length - 1] = 'Z';
    return new String(text, ISO_8859_1);
  }

  /** As {@link Instant#toString} has it: none, or three, six or nine. */
  private static int fractionDigits(int nanos) {
    if (nanos == 0) {
      return 0;
    }
    return nanos % NANOS_OF_LAST_DIGIT[3] == 0 ? 3 : nanos % NANOS_OF_LAST_DIGIT[6] == 0 ? 6 : 9;
  }

  private static void write(byte[] text, int from, int digits, int number) {
    int left = number;
    for (int i = from + digits - 1; i >= from; i--) {
      text[i] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }

  /**
   * Reads a time.
   *
   * @throws DateTimeException if it is none
   */
  static Instant parse(String text) {
    boolean millis = text.length() == MILLIS_LENGTH;
    if ((!millis && text.length() != SECONDS_LENGTH) || !hasMarks(text, millis)) {
      return Instant.parse(text);
    }
    int hour = number(text, 11, 2);
    int minute = number(text, 14, 2);
    int second = number(text, 17, 2);
    int milli = millis ? number(text, 20, 3) : 0;
    int year = number(text, 0, 4);
    int month = number(text, 5, 2);
    int day = number(text, 8, 2);
    if ((year | month | day | milli | hour | minute | second) < 0
        || hour > 23
        || minute > 59
        || second > 59) {
      return Instant.parse(text);
    }
    long days = LocalDate.of(year, month, day).toEpochDay();
    return Instant.ofEpochSecond(
        days * SECONDS_OF_DAY + hour * 3_600L + minute * 60L + second,
        (long) milli * NANOS_OF_LAST_DIGIT[3]);
  }

  private static boolean hasMarks(String text, boolean millis) {
    return text.charAt(4) == '-'
        && text.charAt(7) == '-'
        && text.charAt(10) == 'T'
        && text.charAt(13) == ':'
        && text.charAt(16) == ':'
        && (!millis || text.charAt(19) == '.')
        && text.charAt(text.length() - 1) == 'Z';
  }

  /** Negative where there is no number. */
  private static int number(String text, int from, int digits) {
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
