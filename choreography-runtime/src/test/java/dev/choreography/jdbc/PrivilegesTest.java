// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.engine.Published;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A role that owns nothing is told what it lacks, and with all of it can do everything. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class PrivilegesTest {

  private static Database database;
  private static HikariDataSource owner;
  private static HikariDataSource app;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    database = environment.createDatabase("privileges");
    owner = RealPrograms.pool(database);
    Migrations.apply(owner);
    Database admin = environment.adminDatabase();
    try (Connection root =
            DriverManager.getConnection(admin.jdbcUrl(), admin.user(), admin.password());
        Statement statement = root.createStatement()) {
      statement.execute("CREATE ROLE privileged_app LOGIN PASSWORD 'app'");
      statement.execute("GRANT CONNECT ON DATABASE privileges TO privileged_app");
    }
    app = RealPrograms.pool(new Database(database.jdbcUrl(), "privileged_app", "app"));
  }

  @AfterAll
  static void close() {
    app.close();
    owner.close();
  }

  @BeforeEach
  void grantAll() throws SQLException {
    execute(
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO privileged_app");
    execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM privileged_app");
    execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM privileged_app");
    for (Privileges.Needed needed : Privileges.NEEDED) {
      execute(grant(needed));
    }
  }

  private static String grant(Privileges.Needed needed) {
    return "GRANT %s ON %s TO privileged_app"
        .formatted(String.join(", ", needed.privileges()), needed.table());
  }

  @Test
  void each_privilege_that_is_missing_is_named_with_the_statement_that_grants_it()
      throws SQLException {
    for (Privileges.Needed needed : Privileges.NEEDED) {
      for (String privilege : needed.privileges()) {
        execute("REVOKE %s ON %s FROM privileged_app".formatted(privilege, needed.table()));
        String grant = "GRANT %s ON %s TO privileged_app".formatted(privilege, needed.table());
        assertThat(Privileges.missing(app)).singleElement().asString().endsWith("; run " + grant);
        execute(grant);
        assertThat(Privileges.missing(app)).isEmpty();
      }
    }
  }

  @Test
  void a_schema_that_may_not_be_used_is_named() throws SQLException {
    execute("REVOKE USAGE ON SCHEMA public FROM privileged_app");
    assertThat(Privileges.missing(app))
        .singleElement()
        .asString()
        .endsWith("; run GRANT USAGE ON SCHEMA public TO privileged_app");
  }

  @Test
  void who_has_them_all_needs_neither_the_sequence_nor_to_make_tables() throws SQLException {
    assertThat(Privileges.missing(app)).isEmpty();
    assertThat(Migrations.obstacles(app)).isEmpty();
    Migrations.apply(app);
    JdbcJournal journal = new JdbcJournal(app);
    MemoryRelay relay = new MemoryRelay();
    Published published = new Published();
    Instance instance =
        new Instance(
            journal,
            relay,
            published,
            step ->
                new Scripted(
                    step, (request, saga) -> Scripted.done(step, saga), (completed, saga) -> {}),
            Sagas.CHAIN);
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "s"));
    instance.handle(instance.record(Sagas.CHAIN, Signal.completed(2), "s"));
    instance.wake();
    assertThat(relay.of("s")).isNotEmpty();
    journal.forget(published.take());
    execute(
        "INSERT INTO choreography_outbox (topic, saga_id, value, headers, created_at) VALUES ('t', 'swept', '', '{}', now() - interval '10 s')");
    assertThat(journal.sweep(relay, published, 0, 10).published()).isOne();
    assertThat(journal.backlog().events()).isZero();
    assertThat(journal.purge(Instant.now().plus(Duration.ofDays(100_000)), 10)).isPositive();
    HostedVersions.add(app, List.of());
    assertThat(HostedVersions.abandoned(app, List.of())).isEmpty();
  }

  @Test
  void who_may_not_make_tables_is_told_where_some_are_to_be_made() throws SQLException {
    execute("CREATE SCHEMA fresh", "GRANT USAGE ON SCHEMA fresh TO privileged_app");
    try (HikariDataSource fresh =
        RealPrograms.pool(
            new Database(database.jdbcUrl() + "?currentSchema=fresh", "privileged_app", "app"))) {
      assertThat(Privileges.missing(fresh)).isEmpty();
      assertThat(Migrations.obstacles(fresh))
          .singleElement()
          .asString()
          .contains("run GRANT CREATE ON SCHEMA fresh TO privileged_app, or apply");
      execute("GRANT CREATE ON SCHEMA fresh TO privileged_app");
      assertThat(Migrations.obstacles(fresh)).isEmpty();
      Migrations.apply(fresh);
      assertThat(Privileges.missing(fresh)).isEmpty();
      assertThat(Migrations.missing(fresh)).isEmpty();
    }
  }

  @Test
  void the_documentation_grants_what_is_checked() throws Exception {
    String documented = Files.readString(Path.of("../docs/database.md"));
    for (Privileges.Needed needed : Privileges.NEEDED) {
      assertThat(documented)
          .contains(
              "GRANT %s ON %s TO app;"
                  .formatted(String.join(", ", needed.privileges()), needed.table()));
    }
  }

  private static void execute(String... statements) throws SQLException {
    try (Connection connection = owner.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
