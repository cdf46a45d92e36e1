// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.Outcome;
import dev.choreography.chassis.ServiceDatabase;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.local.Database;
import dev.choreography.local.LocalPostgres;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class BookFlightTest {

  private static final int SEATS = 2;

  private static LocalPostgres postgres;
  private static int databases;

  private final BookFlight handler = new BookFlight(SimulatedFailures.none("flight"));
  private DataSource database;
  private Connection transaction;

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
    database = source(postgres.createDatabase("flight_" + ++databases));
    ServiceDatabase.migrate(database, SEATS);
    transaction = begin();
  }

  @AfterEach
  void endTransaction() throws SQLException {
    transaction.close();
  }

  @Test
  void a_booking_takes_one_seat_of_its_flight_and_carries_the_trip_forward() throws SQLException {
    Trip trip = trip("LH-100");

    Outcome outcome = book("saga-1", trip);

    assertThat(outcome).isEqualTo(Outcome.completed(new FlightBooked("saga-1", trip, "F-1", 1)));
    assertThat(available("LH-100")).isEqualTo(SEATS - 1);
    assertThat(available("LH-200")).isEqualTo(SEATS);
    assertThat(status("saga-1")).isEqualTo("booked");
  }

  @Test
  void a_flight_that_is_sold_out_is_told_so() throws SQLException {
    book("saga-1", trip("LH-100"));
    book("saga-2", trip("LH-100"));

    assertThat(book("saga-3", trip("LH-100")))
        .isEqualTo(rejected("saga-3", "flight LH-100 is sold out"));
    assertThat(available("LH-100")).isZero();
  }

  @Test
  void an_unknown_flight_is_told_so() throws SQLException {
    assertThat(book("saga-1", trip("LH-999")))
        .isEqualTo(rejected("saga-1", "there is no flight LH-999"));
  }

  @Test
  void the_last_seat_is_sold_once_to_two_who_want_it_at_the_same_time() throws Exception {
    book("saga-0", trip("LH-100"));
    transaction.commit();
    book("saga-1", trip("LH-100"));

    CompletableFuture<Outcome> other = CompletableFuture.supplyAsync(() -> bookAlone("saga-2"));
    waitUntilSomebodyWaitsForALock();
    transaction.commit();

    assertThat(other.get(10, SECONDS)).isEqualTo(rejected("saga-2", "flight LH-100 is sold out"));
    assertThat(available("LH-100")).isZero();
  }

  @Test
  void a_compensation_gives_the_seat_back_and_keeps_the_row() throws SQLException {
    FlightBooked booked = booked("saga-1", trip("LH-100"));
    book("saga-2", trip("LH-100"));

    FlightCompensated compensated = handler.compensate(booked, new Saga("saga-1", transaction));

    assertThat(compensated)
        .isEqualTo(new FlightCompensated("saga-1", "the trip could not be booked in full", "F-1"));
    assertThat(available("LH-100")).isEqualTo(SEATS - 1);
    assertThat(status("saga-1")).isEqualTo("cancelled");
    assertThat(status("saga-2")).isEqualTo("booked");
  }

  @Test
  void a_seat_is_given_back_once() throws SQLException {
    FlightBooked booked = booked("saga-1", trip("LH-100"));
    handler.compensate(booked, new Saga("saga-1", transaction));

    assertThatThrownBy(() -> handler.compensate(booked, new Saga("saga-1", transaction)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("seat reservation F-1 cannot be cancelled");
    assertThat(available("LH-100")).isEqualTo(SEATS);
  }

  @Test
  void a_random_failure_is_a_rejection_that_touches_nothing() throws SQLException {
    BookFlight failing = new BookFlight(new SimulatedFailures(7, "flight", 1, 0));

    Outcome outcome =
        failing.execute(
            new BookingStarted("saga-1", trip("LH-100")), new Saga("saga-1", transaction));

    assertThat(outcome).isEqualTo(rejected("saga-1", "no seat could be confirmed (simulated)"));
    assertThat(available("LH-100")).isEqualTo(SEATS);
  }

  @Test
  void the_size_counts_when_the_inventory_is_created_and_not_later() throws SQLException {
    ServiceDatabase.migrate(database, 1000);

    assertThat(available("LH-300")).isEqualTo(SEATS);
  }

  private Outcome book(String sagaId, Trip trip) throws SQLException {
    return handler.execute(new BookingStarted(sagaId, trip), new Saga(sagaId, transaction));
  }

  private FlightBooked booked(String sagaId, Trip trip) throws SQLException {
    return (FlightBooked) book(sagaId, trip).event();
  }

  private Outcome bookAlone(String sagaId) {
    try (Connection own = begin()) {
      Outcome outcome =
          handler.execute(new BookingStarted(sagaId, trip("LH-100")), new Saga(sagaId, own));
      own.commit();
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
        ask(transaction, "SELECT available FROM flights WHERE flight_id = ?", flight));
  }

  private String status(String sagaId) throws SQLException {
    return ask(transaction, "SELECT status FROM seat_reservations WHERE saga_id = ?", sagaId);
  }

  private void waitUntilSomebodyWaitsForALock() throws Exception {
    try (Connection own = begin()) {
      for (long end = System.nanoTime() + SECONDS.toNanos(10); System.nanoTime() < end; ) {
        if (!ask(own, "SELECT count(*) FROM pg_locks WHERE NOT granted AND ? = ''", "")
            .equals("0")) {
          return;
        }
        Thread.onSpinWait();
      }
    }
    throw new AssertionError("nobody waits for a lock");
  }

  private static String ask(Connection connection, String sql, String parameter)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        assertThat(row.next()).as(sql).isTrue();
        return row.getString(1);
      }
    }
  }

  private Connection begin() throws SQLException {
    Connection connection = database.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  private static DataSource source(Database database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database.jdbcUrl());
    source.setUser(database.user());
    source.setPassword(database.password());
    return source;
  }
}
