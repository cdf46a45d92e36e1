// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.participant.Participant;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import dev.choreography.tripbooking.TripBooking;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A handler that writes and then has it otherwise, beside others in the same transaction. */
class RejectedWritesIT {

  /** What a saga's handler does after its write; each is the beginning of a saga's id. */
  private static final List<String> ENDINGS =
      List.of("keeps", "rejects", "throws", "breaks a constraint", "rejects after an error");

  @Test
  void what_a_rejected_or_failed_handler_wrote_is_not_there_and_what_others_wrote_is()
      throws Exception {
    try (TripSystem system = TripSystem.start("rejected-writes", 1)) {
      try (Connection connection = system.database(Service.FLIGHT).getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE TABLE writes (saga_id text PRIMARY KEY, wrote text DEFAULT pg_current_xact_id()::text)");
      }
      List<Booking> bookings = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        for (String ending : ENDINGS) {
          bookings.add(Booking.of("%s %d".formatted(ending, i)));
        }
      }
      // All are there before anyone reads, so that they share transactions.
      system.book(bookings);
      Properties kafka = new Properties();
      kafka.setProperty("bootstrap.servers", system.environment().bootstrapServers());
      kafka.setProperty("schema.registry.url", system.environment().registryUrl());
      try (Participant flight =
          Participant.named("flight-service")
              .hosts(TripBooking.CHOREOGRAPHY, "flight", new WriteAndSee())
              .database(system.database(Service.FLIGHT))
              .kafka(kafka)
              .start()) {
        Awaitility.await("every saga is answered")
            .atMost(Duration.ofSeconds(40))
            .until(
                () ->
                    system.number(
                            Service.FLIGHT,
                            "SELECT count(*) FROM choreography_journal WHERE state IN ('COMPLETED', 'FAILED')")
                        == bookings.size());
        assertThat(flight.health().up()).isTrue();
        assertThat(system.number(Service.FLIGHT, "SELECT count(DISTINCT wrote) FROM writes"))
            .as("transactions that hold the writes of 20 sagas")
            .isLessThan(10);
      }
      assertThat(system.query(Service.FLIGHT, "SELECT saga_id FROM writes"))
          .extracting(row -> row.get(0))
          .containsExactlyInAnyOrderElementsOf(sagas(bookings, "keeps").toList());
      assertThat(
              system.query(
                  Service.FLIGHT,
                  "SELECT saga_id FROM choreography_journal WHERE state = 'COMPLETED'"))
          .extracting(row -> row.get(0))
          .containsExactlyInAnyOrderElementsOf(sagas(bookings, "keeps").toList());
      TopicLog log = system.log();
      for (String saga : sagas(bookings, "rejects").toList()) {
        assertThat(log.of("flight_booking_failed", saga))
            .singleElement()
            .extracting(failed -> TopicLog.header(failed, EventHeaders.OUTCOME))
            .isEqualTo("rejected");
      }
      for (String saga :
          Stream.concat(sagas(bookings, "throws"), sagas(bookings, "breaks")).toList()) {
        assertThat(log.of("flight_booking_failed", saga))
            .singleElement()
            .extracting(failed -> TopicLog.header(failed, EventHeaders.OUTCOME))
            .isEqualTo("exhausted");
      }
    }
  }

  private static Stream<String> sagas(List<Booking> bookings, String beginning) {
    return bookings.stream().map(Booking::sagaId).filter(id -> id.startsWith(beginning));
  }

  private static final class WriteAndSee implements StepHandler<BookingStarted, FlightBooked> {
    @Override
    public Outcome execute(BookingStarted request, StepContext saga) throws SQLException {
      write(saga);
      String ending = saga.sagaId().replaceAll(" \\d+$", "");
      switch (ending) {
        case "rejects" -> {
          return rejected(saga);
        }
        case "throws" -> throw new IllegalStateException("as the test wants it");
        case "breaks a constraint" -> write(saga);
        case "rejects after an error" -> {
          try {
            write(saga);
          } catch (SQLException e) {
            return rejected(saga);
          }
        }
        default -> {
          // The write is to be kept.
        }
      }
      return Outcome.completed(new FlightBooked(saga.sagaId(), request.getTrip(), "F-0", 1));
    }

    private static void write(StepContext saga) throws SQLException {
      try (PreparedStatement insert =
          saga.connection().prepareStatement("INSERT INTO writes VALUES (?)")) {
        insert.setString(1, saga.sagaId());
        insert.executeUpdate();
      }
    }

    private static Outcome rejected(StepContext saga) {
      return Outcome.rejected(new FlightBookingFailed(saga.sagaId(), "as the test wants it"));
    }

    @Override
    public FlightCompensated compensate(FlightBooked booked, StepContext saga) {
      throw new IllegalStateException("nothing is undone in this test");
    }
  }
}
