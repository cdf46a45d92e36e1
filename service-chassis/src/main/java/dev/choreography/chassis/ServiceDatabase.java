// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.jdbc.SqlTrouble;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The service's own database. */
public final class ServiceDatabase {

  /** One for the worker, one for the framework's housekeeping, and some to spare. */
  private static final int CONNECTIONS = 5;

  private ServiceDatabase() {}

  /** What does not answer within this is said to be away. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(ServiceDatabase.class);

  static HikariDataSource pool(String service, Settings settings) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(service);
    config.setJdbcUrl(settings.text(Setting.DATABASE_URL));
    config.setUsername(settings.text(Setting.DATABASE_USER));
    config.setPassword(settings.text(Setting.DATABASE_PASSWORD));
    config.setMaximumPoolSize(CONNECTIONS);
    config.addDataSourceProperty("ApplicationName", service);
    // A database that has vanished is noticed also by those who wait for its answer.
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.setConnectionTimeout(ANSWER.toMillis());
    // The first connection is waited for below, where it is said in the log.
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  /**
   * Waits until the database answers.
   *
   * @throws IllegalStateException if it refuses this role, or has not answered within {@code
   *     patience}
   */
  static void await(DataSource database, Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        database.getConnection().close();
        return;
      } catch (SQLException e) {
        if (!SqlTrouble.isAway(e) || System.nanoTime() - until > 0) {
          throw new IllegalStateException("the database cannot be used: " + lastCause(e), e);
        }
        LOG.warn("outcome=waiting: the database does not answer: {}", lastCause(e));
        pause();
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.SECONDS.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the database was waited for", e);
    }
  }

  /** The pool's own words say no more than that there is no connection. */
  private static String lastCause(Throwable e) {
    Throwable last = e;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    return String.valueOf(last.getMessage());
  }

  /**
   * Creates or updates the service's tables from {@code db/migration} on its class path. Several
   * instances may do so at the same time.
   *
   * @param inventorySize what {@code ${inventory_size}} in a migration stands for; so it counts
   *     when the inventory is created, and not later
   */
  public static void migrate(DataSource database, int inventorySize) {
    Flyway.configure()
        .dataSource(database)
        .locations("classpath:db/migration")
        .placeholders(Map.of("inventory_size", String.valueOf(inventorySize)))
        .load()
        .migrate();
  }
}
