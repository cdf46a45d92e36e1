// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.protocol.EventHeaders;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import dev.choreography.tripbooking.TripBooking;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Trips to book, numbered, and the records that start them. */
final class Trips {

  static final String STARTED = "booking_started";
  static final String FLIGHT = "flight_booked";
  static final String HOTEL = "hotel_booked";
  static final String CAR = "car_booked";

  private static final List<String> FLIGHTS = List.of("LH-100", "LH-200", "LH-300");
  private static final List<String> HOTELS =
      List.of("LISBON-PALACE", "PORTO-RIVERSIDE", "FARO-BEACH");
  private static final List<String> CARS =
      List.of("LISBON-AIRPORT", "PORTO-AIRPORT", "FARO-AIRPORT");
  private static final LocalDate FIRST = LocalDate.of(2027, 1, 1);
  private static final int DAYS = 360;
  private static final int NIGHTS = 3;

  private Trips() {}

  static String sagaId(int number) {
    return String.format(Locale.ROOT, "trip-%08d", number);
  }

  static int number(String sagaId) {
    return Integer.parseInt(sagaId.substring(sagaId.lastIndexOf('-') + 1));
  }

  static BookingStarted booking(int number) {
    String id = sagaId(number);
    LocalDate from = FIRST.plusDays(number % DAYS);
    LocalDate to = from.plusDays(NIGHTS);
    int place = number % FLIGHTS.size();
    return new BookingStarted(
        id,
        new Trip(
            id,
            "customer-" + number,
            FLIGHTS.get(place),
            HOTELS.get(place),
            from,
            to,
            CARS.get(place),
            from,
            to));
  }

  /** One of each event of the way forward. */
  static List<SpecificRecord> forward(String sagaId) {
    Trip trip = booking(0).getTrip();
    return List.of(
        new BookingStarted(sagaId, trip),
        new FlightBooked(sagaId, trip, "F-1", 1),
        new HotelBooked(sagaId, trip, "H-1", NIGHTS),
        new CarBooked(sagaId, trip, "C-1"));
  }

  /** A start as an adopter publishes it, so that each side begins with the same work. */
  static ProducerRecord<byte[], byte[]> start(int number, WireFormat format) {
    BookingStarted booking = booking(number);
    String id = booking.getSagaId();
    Instant now = Instant.now();
    Instant deadline = now.plus(TripBooking.CHOREOGRAPHY.deadline()).truncatedTo(ChronoUnit.MILLIS);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(STARTED, id.getBytes(UTF_8), format.encode(STARTED, booking));
    header(record, EventHeaders.SPEC_VERSION, "1.0");
    header(record, EventHeaders.ID, EventHeaders.id(id, STARTED));
    header(record, EventHeaders.TYPE, STARTED);
    header(record, EventHeaders.SOURCE, "benchmarks");
    header(record, EventHeaders.SUBJECT, id);
    header(record, EventHeaders.TIME, now.toString());
    header(record, EventHeaders.CHOREOGRAPHY, TripBooking.CHOREOGRAPHY.id());
    header(record, EventHeaders.DEADLINE, deadline.toString());
    return record;
  }

  private static void header(ProducerRecord<byte[], byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(UTF_8));
  }
}
