// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.local.Database;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** What a service of the trip booking gives out, as its database says. */
enum Inventory {
  SEATS(
      "flight",
      "SELECT sum(available), sum(capacity) FROM flights",
      """
      SELECT flight_id, capacity, available, count(r.saga_id) AS standing
      FROM flights LEFT JOIN (SELECT * FROM seat_reservations WHERE status <> 'cancelled') AS r
        USING (flight_id)
      GROUP BY flight_id
      """,
      "SELECT saga_id FROM seat_reservations WHERE status <> 'cancelled'"),

  /** Those left for a whole stay: a hotel has as many as on its fullest night. */
  ROOMS(
      "hotel",
      """
      SELECT sum(fewest), sum(capacity) FROM (
        SELECT min(available) AS fewest, max(capacity) AS capacity
        FROM room_nights GROUP BY hotel_id) AS hotel
      """,
      """
      SELECT hotel_id || ' on ' || night, capacity, available, count(r.saga_id) AS standing
      FROM room_nights LEFT JOIN (
          SELECT hotel_id, saga_id, date(generate_series(check_in, check_out - 1, '1 day')) AS night
          FROM room_reservations WHERE status = 'booked') AS r
        USING (hotel_id, night)
      GROUP BY hotel_id, night
      """,
      "SELECT saga_id FROM room_reservations WHERE status = 'booked'"),

  CARS(
      "car",
      "SELECT sum(available), sum(capacity) FROM car_locations",
      """
      SELECT location_id, capacity, available, count(r.saga_id) AS standing
      FROM car_locations LEFT JOIN car_reservations r USING (location_id)
      GROUP BY location_id
      """,
      "SELECT saga_id FROM car_reservations");

  private final String step;
  private final String left;
  private final String items;
  private final String standing;

  Inventory(String step, String left, String items, String standing) {
    this.step = step;
    this.left = left;
    this.items = items;
    this.standing = standing;
  }

  /**
   * How much of an inventory is left, and who has the rest.
   *
   * @param left now
   * @param of at its start
   * @param standing the sagas with a reservation that stands
   * @param problems a sentence for each item that is not its start minus what stands
   */
  record Stock(
      Inventory inventory, int left, int of, Set<String> standing, List<String> problems) {}

  /** The step that takes from it. */
  String step() {
    return step;
  }

  /** {@code seats}, {@code rooms}, {@code cars}. */
  String words() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads it from the service's database. */
  Stock read(Database database) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        Statement statement = connection.createStatement()) {
      int nowLeft;
      int atStart;
      try (ResultSet sums = statement.executeQuery(left)) {
        sums.next();
        nowLeft = sums.getInt(1);
        atStart = sums.getInt(2);
      }
      List<String> problems = new ArrayList<>();
      try (ResultSet item = statement.executeQuery(items)) {
        while (item.next()) {
          if (item.getInt("available") != item.getInt("capacity") - item.getInt("standing")) {
            problems.add(
                "%s of %s: %s left of %s, where %s bookings stand"
                    .formatted(
                        words(),
                        item.getString(1),
                        item.getInt("available"),
                        item.getInt("capacity"),
                        item.getInt("standing")));
          }
        }
      }
      Set<String> sagas = new TreeSet<>();
      try (ResultSet saga = statement.executeQuery(standing)) {
        while (saga.next()) {
          sagas.add(saga.getString(1));
        }
      }
      return new Stock(this, nowLeft, atStart, sagas, problems);
    }
  }
}
