// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.BatchStepHandler.Request;
import dev.choreography.Outcome;
import dev.choreography.chassis.Inventory;
import dev.choreography.chassis.Saga;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.local.LocalPostgres;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.CarBookingFailed;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BookCarTest {

  private static final int CARS = 2;

  private static LocalPostgres postgres;

  private final BookCar handler = new BookCar(SimulatedFailures.none("car"));
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
    inventory = Inventory.create(postgres, CARS);
  }

  @AfterEach
  void closeInventory() throws SQLException {
    inventory.close();
  }

  @Test
  void a_booking_takes_one_car_at_its_location() throws SQLException {
    Trip trip = trip("LISBON-AIRPORT");

    Outcome outcome = book(inventory.saga("saga-1"), trip);

    assertThat(outcome).isEqualTo(Outcome.completed(new CarBooked("saga-1", trip, "C-1")));
    assertThat(available("LISBON-AIRPORT")).isEqualTo(CARS - 1);
    assertThat(available("FARO-AIRPORT")).isEqualTo(CARS);
    assertThat(
            inventory.ask("SELECT location_id FROM car_reservations WHERE saga_id = ?", "saga-1"))
        .isEqualTo("LISBON-AIRPORT");
  }

  @Test
  void a_location_without_a_car_left_is_rejected_as_such() throws SQLException {
    book(inventory.saga("saga-1"), trip("LISBON-AIRPORT"));
    book(inventory.saga("saga-2"), trip("LISBON-AIRPORT"));

    assertThat(book(inventory.saga("saga-3"), trip("LISBON-AIRPORT")))
        .isEqualTo(rejected("saga-3", "there is no car left at LISBON-AIRPORT"));
    assertThat(available("LISBON-AIRPORT")).isZero();
  }

  @Test
  void an_unknown_location_is_rejected_as_such() throws SQLException {
    assertThat(book(inventory.saga("saga-1"), trip("ATLANTIS")))
        .isEqualTo(rejected("saga-1", "there is no car location ATLANTIS"));
  }

  @Test
  void a_car_is_not_returned_before_it_is_picked_up() throws SQLException {
    Trip trip =
        Trip.newBuilder(trip("LISBON-AIRPORT")).setReturnDate(LocalDate.of(2027, 2, 28)).build();

    assertThat(book(inventory.saga("saga-1"), trip))
        .isEqualTo(
            rejected("saga-1", "a car picked up on 2027-03-01 cannot be returned on 2027-02-28"));
    assertThat(available("LISBON-AIRPORT")).isEqualTo(CARS);
  }

  @Test
  void the_last_car_is_taken_once_by_two_who_want_it_at_the_same_time() throws Exception {
    book(inventory.saga("saga-0"), trip("LISBON-AIRPORT"));
    inventory.transaction().commit();
    book(inventory.saga("saga-1"), trip("LISBON-AIRPORT"));

    CompletableFuture<Outcome> other = CompletableFuture.supplyAsync(this::bookInAnother);
    inventory.awaitLockWait();
    inventory.transaction().commit();

    assertThat(other.get(10, SECONDS))
        .isEqualTo(rejected("saga-2", "there is no car left at LISBON-AIRPORT"));
    assertThat(available("LISBON-AIRPORT")).isZero();
  }

  @Test
  void a_random_failure_is_rejected_and_touches_nothing() throws SQLException {
    BookCar failing = new BookCar(new SimulatedFailures(7, "car", 1, 0, 0));

    Outcome outcome =
        failing
            .executeAll(
                List.of(
                    new Request<>(
                        request("saga-1", trip("LISBON-AIRPORT")), inventory.saga("saga-1"))))
            .get(0);

    assertThat(outcome).isEqualTo(rejected("saga-1", "no car could be confirmed (simulated)"));
    assertThat(available("LISBON-AIRPORT")).isEqualTo(CARS);
  }

  @Test
  void the_size_counts_when_the_inventory_is_created_and_not_later() throws SQLException {
    inventory.migrateAgain(1000);

    assertThat(available("PORTO-AIRPORT")).isEqualTo(CARS);
  }

  private Outcome book(Saga saga, Trip trip) throws SQLException {
    return handler.executeAll(List.of(new Request<>(request(saga.sagaId(), trip), saga))).get(0);
  }

  private Outcome bookInAnother() {
    try (Connection transaction = inventory.begin()) {
      Outcome outcome = book(new Saga("saga-2", transaction), trip("LISBON-AIRPORT"));
      transaction.commit();
      return outcome;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static HotelBooked request(String sagaId, Trip trip) {
    return new HotelBooked(sagaId, trip, "H-1", 3);
  }

  private static Outcome rejected(String sagaId, String reason) {
    return Outcome.rejected(new CarBookingFailed(sagaId, reason));
  }

  private static Trip trip(String location) {
    return new Trip(
        "B-1001",
        "C-7",
        "LH-100",
        "LISBON-PALACE",
        LocalDate.of(2027, 3, 1),
        LocalDate.of(2027, 3, 4),
        location,
        LocalDate.of(2027, 3, 1),
        LocalDate.of(2027, 3, 4));
  }

  private int available(String location) throws SQLException {
    return Integer.parseInt(
        inventory.ask("SELECT available FROM car_locations WHERE location_id = ?", location));
  }
}
