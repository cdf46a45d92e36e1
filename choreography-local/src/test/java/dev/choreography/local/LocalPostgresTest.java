// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPostgresTest {
  private static LocalPostgres postgres;

  @BeforeAll
  static void start() {
    postgres = LocalPostgres.start();
  }

  @AfterAll
  static void close() {
    postgres.close();
  }

  @Test
  void a_role_opens_its_own_database() throws SQLException {
    assertThat(
            ask(postgres.createDatabase("own"), "SELECT current_database() || ' ' || current_user"))
        .isEqualTo("own own");
  }

  @Test
  void a_role_cannot_open_anothers_database() {
    Database flights = postgres.createDatabase("flights");
    Database hotels = postgres.createDatabase("hotels");
    assertThatThrownBy(
            () ->
                ask(new Database(hotels.jdbcUrl(), flights.user(), flights.password()), "SELECT 1"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("permission denied for database \"hotels\"");
  }

  @Test
  void a_role_cannot_open_the_administrators_database() {
    Database cars = postgres.createDatabase("cars");
    assertThatThrownBy(
            () ->
                ask(
                    new Database(postgres.adminDatabase().jdbcUrl(), cars.user(), cars.password()),
                    "SELECT 1"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("pg_hba.conf rejects connection");
  }

  @Test
  void a_role_needs_its_password() {
    Database guarded = postgres.createDatabase("guarded");
    assertThatThrownBy(
            () -> ask(new Database(guarded.jdbcUrl(), guarded.user(), "wrong"), "SELECT 1"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
  }

  @Test
  void the_same_name_is_the_same_database() {
    assertThat(postgres.createDatabase("same")).isEqualTo(postgres.createDatabase("same"));
  }

  @Test
  void a_name_that_could_break_out_of_a_statement_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> postgres.createDatabase("x\"; DROP DATABASE y"))
        .withMessageContaining("expected one that matches");
    assertThatIllegalArgumentException().isThrownBy(() -> postgres.createDatabase("postgres"));
  }

  @Test
  void by_default_a_commit_waits_for_the_operating_system_and_not_for_the_disk()
      throws SQLException {
    assertThat(settings(postgres)).containsExactly("off", "off", "on");
  }

  @Test
  void durable_settings_and_a_given_folder_keep_a_database_over_a_new_start(@TempDir Path folder)
      throws SQLException {
    LocalOptions options = LocalOptions.defaults().withDataFolder(folder).withDurablePostgres();
    Database kept;
    try (LocalPostgres first = LocalPostgres.start(options)) {
      assertThat(settings(first)).containsExactly("on", "on", "on");
      kept = first.createDatabase("kept");
      tell(kept, "CREATE TABLE seat AS SELECT 12 AS number");
    }
    try (LocalPostgres second = LocalPostgres.start(options)) {
      Database again = second.createDatabase("kept");
      assertThat(again.password()).isEqualTo(kept.password());
      assertThat(ask(again, "SELECT number FROM seat")).isEqualTo("12");
    }
  }

  @Test
  void a_taken_port_is_refused_by_name(@TempDir Path folder) {
    int taken =
        Integer.parseInt(postgres.adminDatabase().jdbcUrl().replaceAll(".*:(\\d+)/.*", "$1"));
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                LocalPostgres.start(
                        LocalOptions.defaults().withDataFolder(folder).withPostgresPort(taken))
                    .close())
        .withMessageContaining("PostgreSQL")
        .withMessageContaining("port " + taken);
  }

  @Test
  void a_start_that_fails_says_what_where_how_long_and_the_end_of_the_log(@TempDir Path folder)
      throws Exception {
    LocalOptions options = LocalOptions.defaults().withDataFolder(folder);
    LocalPostgres.start(options).close();
    java.nio.file.Files.writeString(
        folder.resolve("postgres/data/postgresql.conf"), "no_such_setting = 1\n");
    assertThatIllegalStateException()
        .isThrownBy(() -> LocalPostgres.start(options).close())
        .withMessageMatching(
            "(?s)PostgreSQL on port \\d+ ended with code 1 after \\d+\\.\\d s.*no_such_setting.*");
  }

  static List<String> settings(LocalPostgres server) throws SQLException {
    List<String> values = new ArrayList<>();
    for (String name : List.of("fsync", "full_page_writes", "synchronous_commit")) {
      values.add(ask(server.adminDatabase(), "SHOW " + name));
    }
    return values;
  }

  static String ask(Database database, String sql) throws SQLException {
    try (Connection connection = open(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  static void tell(Database database, String sql) throws SQLException {
    try (Connection connection = open(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static Connection open(Database database) throws SQLException {
    return DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
  }
}
