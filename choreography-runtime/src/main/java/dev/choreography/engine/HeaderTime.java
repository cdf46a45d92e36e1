// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;

/**
 * Times as headers carry them: ISO-8601 in UTC, exactly as {@link Instant#toString} and {@link
 * Instant#parse} have it, and many times as fast where there are milliseconds and no more, since
 * every event has four.
 */
final class HeaderTime {

  private static final int SECONDS_LENGTH = "2026-11-20T12:00:00Z".length();
  private static final int MILLIS_LENGTH = "2026-11-20T12:00:00.000Z".length();
  private static final int NANOS_OF_MILLI = 1_000_000;
  private static final long SECONDS_OF_DAY = 86_400;

  private HeaderTime() {}

  static String format(Instant time) {
    LocalDate date = LocalDate.EPOCH;
    long seconds = time.getEpochSecond();
    int millis = time.getNano() / NANOS_OF_MILLI;
    boolean plain = millis * NANOS_OF_MILLI == time.getNano() && Math.abs(seconds) < 1L << 37;
    if (plain) {
      date = LocalDate.ofEpochDay(Math.floorDiv(seconds, SECONDS_OF_DAY));
    }
    if (!plain || date.getYear() < 0 || date.getYear() > 9_999) {
      return time.toString();
    }
    int second = (int) Math.floorMod(seconds, SECONDS_OF_DAY);
    byte[] text = new byte[millis == 0 ? SECONDS_LENGTH : MILLIS_LENGTH];
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
    if (millis != 0) {
      text[19] = '.';
      write(text, 20, 3, millis);
    }
    text[text.length - 1] = 'Z';
    return new String(text, ISO_8859_1);
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
        (long) milli * NANOS_OF_MILLI);
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
