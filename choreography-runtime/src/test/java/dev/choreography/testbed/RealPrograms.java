// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.avro.EventClasses;
import dev.choreography.control.ParticipantBound;
import dev.choreography.kafka.DatabaseBindings;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests one Kafka, registry and PostgreSQL, started for the first that asks and stopped when
 * all tests have run. Whoever harms them restarts them.
 */
public final class RealPrograms implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(RealPrograms.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == LocalEnvironment.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    // The store closes what it holds when the last test has ended.
    return test.getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(LocalEnvironment.class, type -> LocalEnvironment.start());
  }

  /** A pool of up to eight connections. */
  public static HikariDataSource pool(Database database) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(database.jdbcUrl());
    config.setUsername(database.user());
    config.setPassword(database.password());
    config.setMaximumPoolSize(8);
    config.setMinimumIdle(0);
    return new HikariDataSource(config);
  }

  /** Returns the first column of all rows. */
  public static List<String> query(DataSource database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (result.next()) {
        found.add(result.getString(1));
      }
      return found;
    }
  }

  /** What a participant is told of Kafka and the registry. */
  public static Properties kafka(LocalEnvironment environment) {
    Properties kafka = new Properties();
    kafka.setProperty("bootstrap.servers", environment.bootstrapServers());
    kafka.setProperty("schema.registry.url", environment.registryUrl());
    return kafka;
  }

  /** Lets a participant start over whichever database comes next, as on a cluster of its own. */
  public static void release(Properties kafka, String participant) throws Exception {
    KafkaSettings settings = KafkaSettings.of(kafka);
    EventClasses.trust(Set.of(ParticipantBound.class));
    new DatabaseBindings(settings, new KafkaCodec(settings)).release(participant);
  }
}
