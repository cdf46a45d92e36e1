// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.ExactJson;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.Trip;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/** A booking as JSON, in the words of its schema. */
final class BookingJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private BookingJson() {}

  /**
   * An example with what the text says in its place.
   *
   * @throws IllegalArgumentException naming each problem: where, what was found, what was expected
   */
  static BookingStarted over(BookingStarted example, String text) {
    JsonNode given = parsed(text);
    Trip trip = Trip.newBuilder(example.getTrip()).build();
    BookingStarted booking = new BookingStarted(example.getSagaId(), trip);
    List<String> problems = new ArrayList<>();
    fill(booking, given, "", problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    return booking;
  }

  /**
   * Any JSON.
   *
   * @throws IllegalArgumentException saying where it is none
   */
  static JsonNode parsed(String text) {
    try {
      return ExactJson.read(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "it is no JSON at line %s, column %d: %s"
              .formatted(
                  e.getLocation().getLineNr(),
                  e.getLocation().getColumnNr(),
                  e.getOriginalMessage()
                      .replaceAll("\\s*\\R\\s*|\\s*\\(start marker .*", " ")
                      .strip()),
          e);
    }
  }

  private static void fill(
      SpecificRecord event, JsonNode given, String path, List<String> problems) {
    if (!given.isObject()) {
      problems.add(found(path.isEmpty() ? "the whole" : path, given, "an object"));
      return;
    }
    for (Map.Entry<String, JsonNode> property : given.properties()) {
      String inner = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
      Schema.Field field = event.getSchema().getField(property.getKey());
      if (field == null) {
        problems.add(
            "%s is no field, expected one of %s"
                .formatted(
                    inner,
                    String.join(
                        ", ",
                        event.getSchema().getFields().stream().map(Schema.Field::name).toList())));
      } else if (event.get(field.pos()) instanceof SpecificRecord record) {
        fill(record, property.getValue(), inner, problems);
      } else if (!property.getValue().isTextual()) {
        problems.add(found(inner, property.getValue(), expected(event.get(field.pos()))));
      } else {
        put(event, field.pos(), property.getValue(), inner, problems);
      }
    }
  }

  private static void put(
      SpecificRecord event, int position, JsonNode given, String path, List<String> problems) {
    boolean isDate = event.get(position) instanceof LocalDate;
    try {
      event.put(position, isDate ? LocalDate.parse(given.asText()) : given.asText());
    } catch (DateTimeException e) {
      problems.add(found(path, given, expected(event.get(position))));
    }
  }

  private static String expected(Object example) {
    return example instanceof LocalDate ? "a date such as \"" + example + "\"" : "a text";
  }

  private static String found(String path, JsonNode given, String expected) {
    return "%s is %s, expected %s".formatted(path, given, expected);
  }

  /** The booking's JSON, which {@link #over} reads. */
  static ObjectNode of(BookingStarted booking) {
    return object(booking);
  }

  private static ObjectNode object(SpecificRecord event) {
    ObjectNode object = JSON.createObjectNode();
    for (Schema.Field field : event.getSchema().getFields()) {
      Object value = event.get(field.pos());
      if (value instanceof SpecificRecord record) {
        object.set(field.name(), object(record));
      } else {
        object.put(field.name(), String.valueOf(value));
      }
    }
    return object;
  }
}
