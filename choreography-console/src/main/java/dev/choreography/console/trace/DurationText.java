// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Avro's duration as ISO 8601 has it: twelve bytes, three unsigned little-endian numbers of months,
 * days and milliseconds, of which none is converted into another.
 */
final class DurationText {

  private static final String COUNT = "([0-9]{1,10})";
  private static final Pattern TEXT =
      Pattern.compile(
          ("P(?=[0-9T])(?:NY)?(?:NM)?(?:NW)?(?:ND)?"
                  + "(?:T(?=[0-9])(?:NH)?(?:NM)?(?:([0-9]{1,10}(?:\\.[0-9]{1,9})?)S)?)?")
              .replace("N", COUNT));
  private static final long LARGEST = 0xFFFF_FFFFL;

  private DurationText() {}

  static @Nullable String write(Object raw) {
    ByteBuffer bytes = ByteBuffer.wrap((byte[]) raw).order(ByteOrder.LITTLE_ENDIAN);
    long months = Integer.toUnsignedLong(bytes.getInt());
    long days = Integer.toUnsignedLong(bytes.getInt());
    long millis = Integer.toUnsignedLong(bytes.getInt());
    StringBuilder text = new StringBuilder("P");
    if (months > 0) {
      text.append(months).append('M');
    }
    if (days > 0) {
      text.append(days).append('D');
    }
    if (millis > 0 || text.length() == 1) {
      text.append('T').append(millis / 1_000);
      if (millis % 1_000 != 0) {
        text.append('.').append(Long.toString(1_000 + millis % 1_000).substring(1));
      }
      text.append('S');
    }
    return text.toString();
  }

  static Object read(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no duration");
    }
    long months = 12 * number(parts.group(1)) + number(parts.group(2));
    long days = 7 * number(parts.group(3)) + number(parts.group(4));
    long minutes = 60 * number(parts.group(5)) + number(parts.group(6));
    BigDecimal seconds = parts.group(7) == null ? BigDecimal.ZERO : new BigDecimal(parts.group(7));
    long millis = seconds.add(BigDecimal.valueOf(60 * minutes)).movePointRight(3).longValueExact();
    if (months > LARGEST || days > LARGEST || millis > LARGEST) {
      throw new ArithmeticException("too long");
    }
    return ByteBuffer.allocate(12)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((int) months)
        .putInt((int) days)
        .putInt((int) millis)
        .array();
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
