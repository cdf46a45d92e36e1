// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

/** What a dead letter says of itself, beside the headers, key and value it came with. */
public final class DeadLetterHeaders {

  /** Why it could not be read as an event, a sentence. */
  public static final String REASON = "dead_letter_reason";

  /** The topic it was read from. */
  public static final String TOPIC = "dead_letter_topic";

  /** The partition it was read from. */
  public static final String PARTITION = "dead_letter_partition";

  /** The offset it was read at. */
  public static final String OFFSET = "dead_letter_offset";

  /** The original record's timestamp. */
  public static final String TIMESTAMP = "dead_letter_timestamp";

  private DeadLetterHeaders() {}
}
