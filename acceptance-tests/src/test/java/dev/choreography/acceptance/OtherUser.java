// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Somebody else in the flight service's database, who locks all its flights one by one, in the
 * order opposite to the service's, and lets them go; again and again until it is closed.
 */
final class OtherUser implements AutoCloseable {

  private static final String OPPOSITE =
      "SELECT flight_id FROM flights ORDER BY flight_id DESC LIMIT 1 OFFSET %d FOR UPDATE";

  private static final long PAUSE_MS = 20;
  private static final String DEADLOCK = "40P01";

  private final TripSystem system;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = new Thread(this::meddle, "other-user");

  private OtherUser(TripSystem system) {
    this.system = system;
  }

  static OtherUser of(TripSystem system) {
    OtherUser user = new OtherUser(system);
    user.thread.start();
    return user;
  }

  private void meddle() {
    try (Connection connection = system.connect(Service.FLIGHT)) {
      connection.setAutoCommit(false);
      while (!closing.await(PAUSE_MS, TimeUnit.MILLISECONDS)) {
        lockAll(connection);
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lockAll(Connection connection) throws SQLException, InterruptedException {
    try (Statement statement = connection.createStatement()) {
      boolean more = true;
      for (int i = 0; more && !closing.await(PAUSE_MS, TimeUnit.MILLISECONDS); i++) {
        try (ResultSet flight = statement.executeQuery(OPPOSITE.formatted(i))) {
          more = flight.next();
        }
      }
    } catch (SQLException e) {
      if (!DEADLOCK.equals(e.getSQLState())) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
