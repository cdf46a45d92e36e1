// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.BatchStepHandler.Request;
import dev.choreography.Outcome;
import dev.choreography.chassis.Inventory;
import dev.choreography.chassis.Saga;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.local.LocalPostgres;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.HotelBookingFailed;
import dev.choreography.tripbooking.HotelCompensated;
import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BookHotelTest {

  private static final int ROOMS = 2;

  private static LocalPostgres postgres;

  private final BookHotel handler = new BookHotel(SimulatedFailures.none("hotel"));
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
    inventory = Inventory.create(postgres, ROOMS);
  }

  @AfterEach
  void closeInventory() throws SQLException {
    inventory.close();
  }

  @Test
  void a_booking_takes_a_room_for_each_night_but_not_for_the_day_of_departure()
      throws SQLException {
    Trip trip = trip("LISBON-PALACE", 1, 4);

    Outcome outcome = book(inventory.saga("saga-1"), trip);

    assertThat(outcome).isEqualTo(Outcome.completed(new HotelBooked("saga-1", trip, "H-1", 3)));
    assertThat(available("LISBON-PALACE", 1, 5)).containsExactly(1, 1, 1, 2, 2);
    assertThat(available("FARO-BEACH", 1, 5)).containsOnly(ROOMS);
    assertThat(status("saga-1")).isEqualTo("booked");
  }

  @Test
  void one_full_night_refuses_the_whole_stay_and_takes_no_room() throws SQLException {
    book(inventory.saga("saga-1"), trip("LISBON-PALACE", 3, 4));
    book(inventory.saga("saga-2"), trip("LISBON-PALACE", 3, 4));

    assertThat(book(inventory.saga("saga-3"), trip("LISBON-PALACE", 1, 5)))
        .isEqualTo(
            rejected("saga-3", "hotel LISBON-PALACE has no room for the night of 2027-03-03"));
    assertThat(available("LISBON-PALACE", 1, 5)).containsExactly(2, 2, 0, 2, 2);
  }

  @Test
  void a_night_that_is_not_on_sale_is_refused() throws SQLException {
    Trip trip = trip("LISBON-PALACE", 1, 4);
    Trip beyond =
        Trip.newBuilder(trip)
            .setCheckIn(LocalDate.of(2027, 12, 30))
            .setCheckOut(LocalDate.of(2028, 1, 2))
            .build();

    assertThat(book(inventory.saga("saga-1"), beyond))
        .isEqualTo(
            rejected("saga-1", "hotel LISBON-PALACE has no room for the night of 2028-01-01"));
  }

  @Test
  void a_stay_without_a_night_is_refused() throws SQLException {
    assertThat(book(inventory.saga("saga-1"), trip("LISBON-PALACE", 4, 4)))
        .isEqualTo(rejected("saga-1", "from 2027-03-04 to 2027-03-04 there is no night"));
    assertThat(book(inventory.saga("saga-2"), trip("LISBON-PALACE", 4, 1)))
        .isEqualTo(rejected("saga-2", "from 2027-03-04 to 2027-03-01 there is no night"));
  }

  @Test
  void an_unknown_hotel_is_rejected_as_such() throws SQLException {
    assertThat(book(inventory.saga("saga-1"), trip("HILBERT", 1, 4)))
        .isEqualTo(rejected("saga-1", "there is no hotel HILBERT"));
  }

  @Test
  void the_last_room_is_sold_once_to_two_whose_stays_overlap() throws Exception {
    book(inventory.saga("saga-0"), trip("LISBON-PALACE", 3, 4));
    inventory.transaction().commit();
    book(inventory.saga("saga-1"), trip("LISBON-PALACE", 1, 4));

    CompletableFuture<Outcome> other = CompletableFuture.supplyAsync(this::bookInAnother);
    inventory.awaitLockWait();
    inventory.transaction().commit();

    assertThat(other.get(10, SECONDS))
        .isEqualTo(
            rejected("saga-2", "hotel LISBON-PALACE has no room for the night of 2027-03-03"));
    assertThat(available("LISBON-PALACE", 1, 5)).containsExactly(1, 1, 0, 2, 2);
  }

  @Test
  void a_compensation_gives_back_every_night_of_its_stay_and_keeps_the_row() throws SQLException {
    HotelBooked booked = booked("saga-1", 1, 4);
    booked("saga-2", 2, 5);

    SpecificRecord compensated = handler.compensate(booked, inventory.saga("saga-1"));

    assertThat(compensated)
        .isEqualTo(new HotelCompensated("saga-1", "the trip could not be booked in full", "H-1"));
    assertThat(available("LISBON-PALACE", 1, 5)).containsExactly(2, 1, 1, 1, 2);
    assertThat(status("saga-1")).isEqualTo("cancelled");
    assertThat(status("saga-2")).isEqualTo("booked");
  }

  @Test
  void a_room_is_given_back_once() throws SQLException {
    HotelBooked booked = booked("saga-1", 1, 4);
    handler.compensate(booked, inventory.saga("saga-1"));

    assertThatThrownBy(() -> handler.compensate(booked, inventory.saga("saga-1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("room reservations [H-1] cannot be cancelled");
    assertThat(available("LISBON-PALACE", 1, 5)).containsOnly(ROOMS);
  }

  @Test
  void a_random_failure_is_rejected_and_touches_nothing() throws SQLException {
    BookHotel failing = new BookHotel(new SimulatedFailures(7, "hotel", 1, 0, 0));

    Outcome outcome =
        failing
            .executeAll(
                List.of(
                    new Request<>(
                        request("saga-1", trip("LISBON-PALACE", 1, 4)), inventory.saga("saga-1"))))
            .get(0);

    assertThat(outcome).isEqualTo(rejected("saga-1", "no room could be confirmed (simulated)"));
    assertThat(available("LISBON-PALACE", 1, 5)).containsOnly(ROOMS);
  }

  @Test
  void the_size_counts_when_the_inventory_is_created_and_not_later() throws SQLException {
    inventory.migrateAgain(1000);

    assertThat(available("PORTO-RIVERSIDE", 1, 5)).containsOnly(ROOMS);
  }

  private Outcome book(Saga saga, Trip trip) throws SQLException {
    return handler.executeAll(List.of(new Request<>(request(saga.sagaId(), trip), saga))).get(0);
  }

  private HotelBooked booked(String sagaId, int checkIn, int checkOut) throws SQLException {
    Trip trip = trip("LISBON-PALACE", checkIn, checkOut);
    return (HotelBooked) book(inventory.saga(sagaId), trip).event();
  }

  private Outcome bookInAnother() {
    try (Connection transaction = inventory.begin()) {
      Outcome outcome = book(new Saga("saga-2", transaction), trip("LISBON-PALACE", 2, 6));
      transaction.commit();
      return outcome;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static FlightBooked request(String sagaId, Trip trip) {
    return new FlightBooked(sagaId, trip, "F-1", 1);
  }

  private static Outcome rejected(String sagaId, String reason) {
    return Outcome.rejected(new HotelBookingFailed(sagaId, reason));
  }

  private static Trip trip(String hotel, int checkIn, int checkOut) {
    return new Trip(
        "B-1001",
        "C-7",
        "LH-100",
        hotel,
        LocalDate.of(2027, 3, checkIn),
        LocalDate.of(2027, 3, checkOut),
        "LISBON-AIRPORT",
        LocalDate.of(2027, 3, 1),
        LocalDate.of(2027, 3, 4));
  }

  /** Rooms left in the nights of these days of March. */
  private List<Integer> available(String hotel, int first, int last) throws SQLException {
    List<Integer> rooms = new ArrayList<>();
    for (int day = first; day <= last; day++) {
      rooms.add(
          Integer.parseInt(
              inventory.ask(
                  "SELECT available FROM room_nights WHERE hotel_id = ? AND night = '2027-03-0%d'"
                      .formatted(day),
                  hotel)));
    }
    return rooms;
  }

  private String status(String sagaId) throws SQLException {
    return inventory.ask("SELECT status FROM room_reservations WHERE saga_id = ?", sagaId);
  }
}
