// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.BatchStepHandler.Request;
import dev.choreography.Outcome;
import dev.choreography.chassis.Inventory;
import dev.choreography.chassis.Saga;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.local.LocalPostgres;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BookFlightTest {

  private static final int SEATS = 2;

  private static LocalPostgres postgres;

  private final BookFlight handler = new BookFlight(SimulatedFailures.none("flight"));
  private Inventory inventory;

  @BeforeAll
  static void startPostgres() {
    postgres = LocalPostgres.start();
  }

  @AfterAll
  static void stopPostgres() {
    postgres.close();
  }

  @BeforeEach
  void createInventory() throws SQLException {
    inventory = Inventory.create(postgres, SEATS);
  }

  @AfterEach
  void closeInventory() throws SQLException {
    inventory.close();
  }

  @Test
  void a_booking_takes_one_seat_of_its_flight_and_carries_the_trip_forward() throws SQLException {
    Trip trip = trip("LH-100");

    Outcome outcome = book(inventory.saga("saga-1"), trip);

    assertThat(outcome).isEqualTo(Outcome.completed(new FlightBooked("saga-1", trip, "F-1", 1)));
    assertThat(available("LH-100")).isEqualTo(SEATS - 1);
    assertThat(available("LH-200")).isEqualTo(SEATS);
    assertThat(status("saga-1")).isEqualTo("held");
  }

  @Test
  void a_flight_that_is_sold_out_is_rejected_as_such() throws SQLException {
    book(inventory.saga("saga-1"), trip("LH-100"));
    book(inventory.saga("saga-2"), trip("LH-100"));

    assertThat(book(inventory.saga("saga-3"), trip("LH-100")))
        .isEqualTo(rejected("saga-3", "flight LH-100 is sold out"));
    assertThat(available("LH-100")).isZero();
  }

  @Test
  void the_last_seats_go_to_the_first_of_a_batch_and_the_others_are_rejected() throws SQLException {
    List<Outcome> outcomes =
        handler.executeAll(
            List.of(
                request("saga-1", "LH-100"),
                request("saga-2", "LH-999"),
                request("saga-3", "LH-100"),
                request("saga-4", "LH-100"),
                request("saga-5", "LH-200")));

    assertThat(outcomes)
        .containsExactly(
            Outcome.completed(new FlightBooked("saga-1", trip("LH-100"), "F-1", 1)),
            rejected("saga-2", "there is no flight LH-999"),
            Outcome.completed(new FlightBooked("saga-3", trip("LH-100"), "F-2", 1)),
            rejected("saga-4", "flight LH-100 is sold out"),
            Outcome.completed(new FlightBooked("saga-5", trip("LH-200"), "F-3", 1)));
    assertThat(available("LH-100")).isEqualTo(SEATS - 2);
    assertThat(available("LH-200")).isEqualTo(SEATS - 1);
  }

  private Request<BookingStarted> request(String sagaId, String flight) {
    return new Request<>(new BookingStarted(sagaId, trip(flight)), inventory.saga(sagaId));
  }

  @Test
  void an_unknown_flight_is_rejected_as_such() throws SQLException {
    assertThat(book(inventory.saga("saga-1"), trip("LH-999")))
        .isEqualTo(rejected("saga-1", "there is no flight LH-999"));
  }

  @Test
  void the_last_seat_is_sold_once_to_two_who_want_it_at_the_same_time() throws Exception {
    book(inventory.saga("saga-0"), trip("LH-100"));
    inventory.transaction().commit();
    book(inventory.saga("saga-1"), trip("LH-100"));

    CompletableFuture<Outcome> other = CompletableFuture.supplyAsync(this::bookInAnother);
    inventory.awaitLockWait();
    inventory.transaction().commit();

    assertThat(other.get(10, SECONDS)).isEqualTo(rejected("saga-2", "flight LH-100 is sold out"));
    assertThat(available("LH-100")).isZero();
  }

  @Test
  void a_compensation_gives_the_seat_back_and_keeps_the_row() throws SQLException {
    FlightBooked booked = booked("saga-1", "LH-100");
    booked("saga-2", "LH-100");

    SpecificRecord compensated = handler.compensate(booked, inventory.saga("saga-1"));

    assertThat(compensated)
        .isEqualTo(new FlightCompensated("saga-1", "the trip could not be booked in full", "F-1"));
    assertThat(available("LH-100")).isEqualTo(SEATS - 1);
    assertThat(status("saga-1")).isEqualTo("cancelled");
    assertThat(status("saga-2")).isEqualTo("held");
  }

  @Test
  void a_seat_is_held_until_the_trip_is_complete_and_booked_then() throws SQLException {
    FlightBooked booked = booked("saga-1", "LH-100");
    booked("saga-2", "LH-100");

    handler.confirm(booked, inventory.saga("saga-1"));

    assertThat(status("saga-1")).isEqualTo("booked");
    assertThat(status("saga-2")).isEqualTo("held");
    assertThat(available("LH-100")).isEqualTo(SEATS - 2);
  }

  @Test
  void people_see_until_when_a_seat_is_held() throws SQLException {
    booked("saga-1", "LH-100");

    assertThat(
            inventory.ask(
                "SELECT (held_until = ?::timestamptz)::text FROM seat_reservations",
                inventory.saga("saga-1").deadline().toString()))
        .isEqualTo("true");
  }

  @Test
  void a_seat_that_was_given_back_is_not_booked() throws SQLException {
    FlightBooked booked = booked("saga-1", "LH-100");
    handler.compensate(booked, inventory.saga("saga-1"));

    assertThatThrownBy(() -> handler.confirm(booked, inventory.saga("saga-1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("seat reservations [F-1] cannot be booked");
    assertThat(status("saga-1")).isEqualTo("cancelled");
  }

  @Test
  void a_seat_is_given_back_once() throws SQLException {
    FlightBooked booked = booked("saga-1", "LH-100");
    handler.compensate(booked, inventory.saga("saga-1"));

    assertThatThrownBy(() -> handler.compensate(booked, inventory.saga("saga-1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("seat reservations [F-1] cannot be cancelled");
    assertThat(available("LH-100")).isEqualTo(SEATS);
  }

  @Test
  void a_random_failure_is_rejected_and_touches_nothing() throws SQLException {
    BookFlight failing = new BookFlight(new SimulatedFailures(7, "flight", 1, 0, 0));

    Outcome outcome =
        failing
            .executeAll(
                List.of(
                    new Request<>(
                        new BookingStarted("saga-1", trip("LH-100")), inventory.saga("saga-1"))))
            .get(0);

    assertThat(outcome).isEqualTo(rejected("saga-1", "no seat could be confirmed (simulated)"));
    assertThat(available("LH-100")).isEqualTo(SEATS);
  }

  @Test
  void the_size_counts_when_the_inventory_is_created_and_not_later() throws SQLException {
    inventory.migrateAgain(1000);

    assertThat(available("LH-300")).isEqualTo(SEATS);
  }

  private Outcome book(Saga saga, Trip trip) throws SQLException {
    return handler
        .executeAll(List.of(new Request<>(new BookingStarted(saga.sagaId(), trip), saga)))
        .get(0);
  }

  private FlightBooked booked(String sagaId, String flight) throws SQLException {
    return (FlightBooked) book(inventory.saga(sagaId), trip(flight)).event();
  }

  private Outcome bookInAnother() {
    try (Connection transaction = inventory.begin()) {
      Outcome outcome = book(new Saga("saga-2", transaction), trip("LH-100"));
      transaction.commit();
      return outcome;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static Outcome rejected(String sagaId, String reason) {
    return Outcome.rejected(new FlightBookingFailed(sagaId, reason));
  }

  private static Trip trip(String flight) {
    return new Trip(
        "B-1001",
        "C-7",
        flight,
        "LISBON-PALACE",
        LocalDate.of(2027, 3, 1),
        LocalDate.of(2027, 3, 4),
        "LISBON-AIRPORT",
        LocalDate.of(2027, 3, 1),
        LocalDate.of(2027, 3, 4));
  }

  private int available(String flight) throws SQLException {
    return Integer.parseInt(
        inventory.ask("SELECT available FROM flights WHERE flight_id = ?", flight));
  }

  private String status(String sagaId) throws SQLException {
    return inventory.ask("SELECT status FROM seat_reservations WHERE saga_id = ?", sagaId);
  }
}
