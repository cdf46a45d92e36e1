// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a broker says when it refuses a record for its time, which is this machine's: numbers of
 * milliseconds, of which people see neither that a clock is wrong nor by how much.
 */
final class TimestampRefusal {

  /** As LogValidator of Kafka's brokers writes it since 3.6. */
  private static final Pattern RANGE =
      Pattern.compile("Timestamp (-?\\d{1,18}) .*within \\[(-?\\d{1,19}), (-?\\d{1,19})\\]");

  private TimestampRefusal() {}

  /** A failure as it is told to people, with both times if it is such a refusal. */
  static String told(Throwable failure) {
    Matcher range = RANGE.matcher(String.valueOf(failure.getMessage()));
    return range.find()
        ? "the broker refuses the event's time: this machine's clock said %s, the broker takes what lies between %s and %s by its own; set the clocks, or see message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic: %s"
            .formatted(time(range.group(1)), time(range.group(2)), time(range.group(3)), failure)
        : failure.toString();
  }

  private static String time(String milliseconds) {
    try {
      return Instant.ofEpochMilli(Long.parseLong(milliseconds)).toString();
    } catch (DateTimeException | NumberFormatException e) {
      return milliseconds;
    }
  }
}
