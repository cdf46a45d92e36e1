// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.util.Locale;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * An event of a choreography: the Avro class and the topic named after it.
 *
 * @param topic the class's simple name in snake case, {@code flight_booked}; it is the topic, and
 *     the {@code ce_type} of the records on it
 * @param type the generated class
 */
public record EventType(String topic, Class<? extends SpecificRecord> type) {

  /** Asked for with every record. */
  private static final ClassValue<String> TOPICS =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> type) {
          return type.getSimpleName()
              .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_")
              .toLowerCase(Locale.ROOT);
        }
      };

  /** The event type of a generated class. */
  public static EventType of(Class<? extends SpecificRecord> type) {
    return new EventType(TOPICS.get(type), type);
  }

  /** The schema the class was generated from: what this program reads and writes. */
  public Schema schema() {
    return SpecificData.get().getSchema(type);
  }

  @Override
  public String toString() {
    return topic;
  }
}
