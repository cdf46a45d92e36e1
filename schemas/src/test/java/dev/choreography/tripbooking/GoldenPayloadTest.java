// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;
import static org.apache.avro.util.ClassSecurityValidator.DEFAULT;
import static org.apache.avro.util.ClassSecurityValidator.composite;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.EventType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * What was published once stays readable. {@code golden/v1} holds, for each event, the schema it
 * was released with and the Avro binary of one value; a released folder never changes. A new
 * version of the contract adds {@code golden/v2} and what its values are.
 */
class GoldenPayloadTest {

  private static final Trip TRIP =
      new Trip(
          "B-1001",
          "C-Zoë",
          "LH-100",
          "LISBON-PALACE",
          LocalDate.of(2027, 3, 1),
          LocalDate.of(2027, 3, 4),
          "LIS-AIRPORT",
          LocalDate.of(2027, 3, 2),
          LocalDate.of(2027, 3, 4));

  /** What the payloads of version 1 say, in today's classes. */
  static final List<SpecificRecord> VERSION_1 =
      List.of(
          new BookingStarted("saga-1", TRIP),
          new FlightBooked("saga-1", TRIP, "F-17", 1),
          new FlightBookingFailed("saga-1", "flight LH-100 is sold out"),
          new FlightCompensated("saga-1", "the trip cannot be completed", "F-17"),
          new HotelBooked("saga-1", TRIP, "H-4", 3),
          new HotelBookingFailed("saga-1", "hotel LISBON-PALACE has no room left on 2027-03-02"),
          new HotelCompensated("saga-1", "the trip cannot be completed", "H-4"),
          new CarBooked("saga-1", TRIP, "C-300"),
          new CarBookingFailed("saga-1", "there is no car left at LIS-AIRPORT"));

  @BeforeAll
  static void trustTheContract() {
    ClassSecurityValidator.setGlobal(
        composite(DEFAULT, type -> type.getPackage() == Trip.class.getPackage()));
  }

  @ParameterizedTest
  @FieldSource("VERSION_1")
  void a_payload_of_version_1_is_read_as_what_was_written(SpecificRecord expected)
      throws IOException {
    Schema released = new Schema.Parser().parse(golden(expected, ".avsc"));
    byte[] payload = HexFormat.of().parseHex(golden(expected, ".hex").strip());

    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(payload, null);
    Object read = new SpecificDatumReader<>(released, expected.getSchema()).read(null, decoder);

    assertThat(read).isInstanceOf(expected.getClass()).isEqualTo(expected);
    assertThat(decoder.isEnd()).as("the payload was read to its end").isTrue();
  }

  @ParameterizedTest
  @FieldSource("VERSION_1")
  void a_program_of_version_1_reads_what_is_written_today(SpecificRecord event) throws IOException {
    Schema released = new Schema.Parser().parse(golden(event, ".avsc"));

    assertThat(
            SchemaCompatibility.checkReaderWriterCompatibility(released, event.getSchema())
                .getType())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  /** Holds while version 1 is the newest; the next version's payloads take its place here. */
  @ParameterizedTest
  @FieldSource("VERSION_1")
  void today_the_same_bytes_are_written(SpecificRecord event) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new SpecificDatumWriter<SpecificRecord>(event.getSchema()).write(event, encoder);
    encoder.flush();

    assertThat(HexFormat.of().formatHex(bytes.toByteArray()))
        .isEqualTo(golden(event, ".hex").strip());
  }

  @Test
  void every_event_has_a_golden_payload() {
    Map<String, SpecificRecord> golden =
        VERSION_1.stream().collect(toMap(GoldenPayloadTest::topic, Function.identity()));

    assertThat(golden.keySet())
        .containsExactlyInAnyOrderElementsOf(
            TripBooking.CHOREOGRAPHY.events().stream().map(EventType::topic).toList());
  }

  @Test
  void every_record_and_every_field_says_what_it_means() {
    Stream<Schema> records =
        Stream.concat(
            Stream.of(Trip.getClassSchema()), VERSION_1.stream().map(SpecificRecord::getSchema));

    assertThat(records)
        .allSatisfy(
            schema -> {
              assertThat(schema.getDoc()).as(schema.getName()).isNotBlank();
              assertThat(schema.getFields())
                  .allSatisfy(field -> assertThat(field.doc()).as(field.name()).isNotBlank());
            });
  }

  private static String golden(SpecificRecord event, String extension) throws IOException {
    String name = "/golden/v1/" + topic(event) + extension;
    try (InputStream file = GoldenPayloadTest.class.getResourceAsStream(name)) {
      assertThat(file).as(name).isNotNull();
      return new String(file.readAllBytes(), UTF_8);
    }
  }

  private static String topic(SpecificRecord event) {
    return EventType.of(event.getClass()).topic();
  }
}
