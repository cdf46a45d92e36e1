// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The service's own database. */
public final class ServiceDatabase {

  /** One for the worker, one for the framework's housekeeping, and some to spare. */
  private static final int CONNECTIONS = 5;

  private ServiceDatabase() {}

  static HikariDataSource pool(String service, Settings settings) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(service);
    config.setJdbcUrl(settings.text(Setting.DATABASE_URL));
    config.setUsername(settings.text(Setting.DATABASE_USER));
    config.setPassword(settings.text(Setting.DATABASE_PASSWORD));
    config.setMaximumPoolSize(CONNECTIONS);
    config.addDataSourceProperty("ApplicationName", service);
    return new HikariDataSource(config);
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
