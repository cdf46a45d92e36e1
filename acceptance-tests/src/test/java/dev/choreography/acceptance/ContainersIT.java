// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.local.Database;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The trip booking on Kafka, registry and PostgreSQL as their makers ship them. */
@NeedsDocker
class ContainersIT {

  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private static Containers containers;
  private static TripSystem system;

  @BeforeAll
  static void start() {
    containers = Containers.start();
    system = TripSystem.start("containers", 4, containers);
  }

  @AfterAll
  static void close() {
    if (system != null) {
      system.close();
    }
  }

  @Test
  void every_trip_is_booked_in_full_or_undone_in_full() {
    List<ServiceProcess> services = new ArrayList<>();
    for (Service service : Service.values()) {
      services.add(system.start(service, "1", Map.of()));
    }
    services.forEach(ServiceProcess::awaitUp);
    List<Booking> fulfilled =
        IntStream.range(0, 50).mapToObj(i -> Booking.spread("fulfilled " + i, i)).toList();
    List<Booking> refused =
        List.of(
            new Booking("no flight", "NOWHERE", Booking.HOTELS.get(0), 1, Booking.LOCATIONS.get(0)),
            Booking.of("no hotel").withHotel("NOWHERE"),
            Booking.of("no car").withLocation("NOWHERE"));
    system.book(fulfilled);
    system.book(refused);
    Verdict verdict = system.awaitVerdict(Duration.ofSeconds(90));
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.completed()).isEqualTo(sagas(fulfilled));
    assertThat(verdict.unwound()).isEqualTo(sagas(refused));
  }

  @Test
  void no_role_can_open_the_database_of_another() throws SQLException {
    for (Service service : Service.values()) {
      for (Service other : Service.values()) {
        Database own = containers.createDatabase(service.step());
        String url = containers.createDatabase(other.step()).jdbcUrl();
        if (service == other) {
          DriverManager.getConnection(url, own.user(), own.password()).close();
        } else {
          assertThatThrownBy(() -> DriverManager.getConnection(url, own.user(), own.password()))
              .as("%s opens %s", own.user(), url)
              .isInstanceOf(SQLException.class)
              .extracting(e -> ((SQLException) e).getSQLState())
              .isEqualTo(INSUFFICIENT_PRIVILEGE);
        }
      }
    }
  }

  private static Set<String> sagas(List<Booking> bookings) {
    return bookings.stream().map(Booking::sagaId).collect(Collectors.toSet());
  }
}
