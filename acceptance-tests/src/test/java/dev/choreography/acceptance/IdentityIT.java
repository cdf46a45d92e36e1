// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A second instance with another database comes while sagas are under way. */
@Timeout(600)
class IdentityIT {

  private static final Pattern BOUND =
      Pattern.compile("participant flight-service is bound to database ([0-9a-f-]{36})");

  @Test
  void an_instance_over_another_database_does_not_join_and_can_be_told_to() {
    try (TripSystem system = TripSystem.start("identity", 3)) {
      for (Service service : Service.values()) {
        system.start(service, "first", Map.of()).awaitUp();
      }
      List<Booking> bookings = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        bookings.add(Booking.of("good " + i));
        bookings.add(Booking.of("bad " + i).withLocation("NOWHERE"));
      }
      system.book(bookings);
      Database other = system.environment().createDatabase("flight_other");
      Map<String, String> elsewhere =
          Map.of(
              "DATABASE_URL",
              other.jdbcUrl(),
              "DATABASE_USER",
              other.user(),
              "DATABASE_PASSWORD",
              other.password());
      ServiceProcess second = system.start(Service.FLIGHT, "second", elsewhere);
      Awaitility.await("the second instance is refused")
          .atMost(Duration.ofMinutes(3))
          .until(() -> BOUND.matcher(second.said()).find());
      assertThat(second.said()).contains("replacesDatabase(", "REPLACES_DATABASE");
      assertThat(second.terminate().steps()).as("it did nothing").isZero();
      Verdict verdict = system.awaitVerdict(Duration.ofMinutes(3));
      assertThat(verdict.violations()).isEmpty();

      Matcher bound = BOUND.matcher(second.said());
      assertThat(bound.find()).isTrue();
      Map<String, String> replacing =
          Map.of(
              "DATABASE_URL",
              other.jdbcUrl(),
              "DATABASE_USER",
              other.user(),
              "DATABASE_PASSWORD",
              other.password(),
              "REPLACES_DATABASE",
              bound.group(1));
      system.start(Service.FLIGHT, "third", replacing).awaitUp();
      ServiceProcess late = system.start(Service.FLIGHT, "fourth", Map.of());
      Awaitility.await("now the first database is refused")
          .atMost(Duration.ofMinutes(3))
          .until(() -> BOUND.matcher(late.said()).find());
    }
  }
}
