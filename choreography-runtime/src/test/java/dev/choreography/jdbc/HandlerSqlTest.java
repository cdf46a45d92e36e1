// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is seen in the SQL that handlers send. */
class HandlerSqlTest {

  private final List<String> told = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "COMMIT",
        " commit ;",
        "END",
        "ABORT",
        "BEGIN",
        "START TRANSACTION",
        "ROLLBACK",
        "ROLLBACK WORK",
        "ROLLBACK AND CHAIN",
        "ROLLBACK PREPARED 'x'",
        "PREPARE TRANSACTION 'x'",
        "/* x */ COMMIT",
        "/* a /* nested */ one */ COMMIT",
        "-- x\n COMMIT",
        "-- x\r COMMIT",
        "SELECT 1; COMMIT",
        "SELECT 1;;/**/ COMMIT",
        "SELECT 'a;b'; COMMIT",
        "SELECT 'it''s'; COMMIT",
        "SELECT 'a\\'; COMMIT",
        "SELECT E'a\\'b'; COMMIT",
        "SELECT \"a;\"\"b\"; COMMIT",
        "SELECT $$;$$; COMMIT",
        "SELECT $a$ $b$ ; $a$; COMMIT",
        "SELECT a$b$; COMMIT",
        "SELECT $1; COMMIT",
        "{COMMIT}",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; COMMIT",
        "CREATE TABLE t (begin int, atomic int); COMMIT",
        "DO $$ BEGIN PERFORM 1; END $$; COMMIT",
        "SET search_path = x",
        "SET SESSION search_path = x",
        "SET SESSION AUTHORIZATION x",
        "SET LOCAL SESSION AUTHORIZATION x",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET LOCAL transaction_isolation = 'serializable'",
        "SET ROLE x",
        "SET statement_timeout = 1",
        "SET TIME ZONE 'UTC'",
        "SET LOCAL client_encoding = 'LATIN1'",
        "SET LOCAL NAMES 'LATIN1'",
        "SET LOCAL \"DateStyle\" = 'German'",
        "RESET ALL",
        "RESET search_path",
        "DISCARD ALL",
        "DEALLOCATE ALL",
        "PREPARE x AS SELECT 1",
        "LISTEN x",
        "SELECT set_config('search_path', 'x', false)",
        "SELECT pg_catalog.set_config('search_path', 'x', false)",
        "SELECT set_config('search_path', 'x', ?)",
        "SELECT set_config(?, ?, true)",
        "SELECT set_config('a.' || 'b', 'x', true)",
        "SELECT set_config('a.b', 'x', true AND false)",
        "WITH x AS (SELECT SET_CONFIG('a.b', 'x', false)) SELECT * FROM x",
        "SAVEPOINT choreography_attempt",
        "SAVEPOINT \"choreography_attempt\"",
        "ROLLBACK TO choreography_attempt",
        "ROLLBACK TO SAVEPOINT mine",
        "ROLLBACK WORK TO SAVEPOINT mine",
        "RELEASE mine"
      })
  void it_is_refused(String sql) {
    assertThatThrownBy(() -> look(sql))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("a handler called");
  }

  static List<String> harmless() {
    return List.of(
        "SELECT 1",
        "(SELECT 1)",
        "{call proc(?)}",
        "{? = call proc(?)}",
        "UPDATE t SET a = 'COMMIT; COMMIT'",
        "UPDATE t SET role = 'x' WHERE \"commit\" = 1",
        "SELECT $$; COMMIT $$",
        "SELECT $t$; COMMIT; $$ $t$",
        "SELECT E'\\'; COMMIT; --'",
        "SELECT 1 -- ; COMMIT",
        "SELECT 1 /* ; COMMIT /* ; */ ; COMMIT */",
        "INSERT INTO t SELECT CASE WHEN true THEN 1 END; SELECT 2",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC SELECT 1; END; SELECT 2",
        "DO $$ BEGIN PERFORM 1; END $$",
        "SELECT set_config FROM t",
        "LOCK TABLE t",
        "NOTIFY x",
        "EXPLAIN SELECT 1",
        "'unclosed",
        "$a$ unclosed",
        "/* unclosed",
        "E'\\",
        "U&\"x",
        "",
        ";;");
  }

  @ParameterizedTest
  @MethodSource("harmless")
  void it_is_let_through(String sql) throws SQLException {
    look(sql);
    assertThat(told).isEmpty();
  }

  @Test
  void what_holds_to_the_end_of_the_transaction_is_told() throws SQLException {
    look("SET LOCAL search_path = x; set local ROLE y; SET LOCAL TIME ZONE 'UTC'");
    look("SET LOCAL SCHEMA 'x'; SET LOCAL \"App\".Tenant TO '1'");
    look("SELECT set_config('app.tenant', coalesce(?, f(1, 2)), true), set_config('a.b','',TRUE)");
    assertThat(told)
        .containsExactly(
            "search_path", "role", "timezone", "search_path", "App.tenant", "app.tenant", "a.b");
  }

  @Test
  void constraints_and_savepoints_are_told() throws SQLException {
    look("SET CONSTRAINTS ALL DEFERRED; SAVEPOINT \"My own\"; SAVEPOINT Mine");
    look("ROLLBACK TO mine; RELEASE SAVEPOINT \"My own\"; ROLLBACK TRANSACTION TO SAVEPOINT MINE");
    assertThat(told)
        .containsExactly(
            "constraints", "savepoint My own", "savepoint mine", "to mine", "to My own", "to mine");
  }

  private void look(String sql) throws SQLException {
    HandlerSql.check(
        sql,
        new HandlerSql.Effects() {
          @Override
          public void changesSetting(String setting) {
            told.add(setting);
          }

          @Override
          public void changesConstraints() {
            told.add("constraints");
          }

          @Override
          public void setsSavepoint(String savepoint) throws SQLException {
            if (savepoint.startsWith("choreography_")) {
              throw HandlerSql.refused("SAVEPOINT", "it is ours");
            }
            told.add("savepoint " + savepoint);
          }

          @Override
          public void usesSavepoint(String savepoint) throws SQLException {
            if (!told.contains("savepoint " + savepoint)) {
              throw HandlerSql.refused("ROLLBACK TO", "it is not set");
            }
            told.add("to " + savepoint);
          }
        });
  }
}
