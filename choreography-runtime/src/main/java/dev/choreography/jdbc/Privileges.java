// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;

/**
 * The privileges that a participant's role needs on the framework's tables where another role owns
 * them. An owner has them all. The numbers of outbox rows need none on their sequence: that of an
 * identity column is used on behalf of the table.
 */
public final class Privileges {

  private static final String READ = "SELECT";
  private static final String ADD = "INSERT";
  private static final String CHANGE = "UPDATE";
  private static final String REMOVE = "DELETE";

  /** Each table, and what statements on it need; docs/database.md has the same as GRANTs. */
  static final List<Needed> NEEDED =
      List.of(
          new Needed("choreography_journal", READ, ADD, CHANGE, REMOVE),
          new Needed("choreography_outbox", READ, ADD, REMOVE),
          new Needed("choreography_position", READ, ADD, CHANGE, REMOVE),
          new Needed("choreography_hosted", READ, ADD),
          new Needed("choreography_identity", READ, ADD),
          new Needed(Migrations.HISTORY, READ));

  /** Of tables that are there, found as statements would find them. */
  private static final String LACKING =
      """
      SELECT name, string_agg(privilege, ', ' ORDER BY place), current_user,
             format('GRANT %s ON %s TO %I', string_agg(privilege, ', ' ORDER BY place),
                    to_regclass(name), current_user)
        FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS needed (name, privilege, place)
       WHERE NOT has_table_privilege(to_regclass(name), privilege)
       GROUP BY name
       ORDER BY min(place)
      """;

  /** Tables that would be found if the role might look into their schema. */
  private static final String HIDDEN =
      """
      SELECT DISTINCT nspname, current_user,
             format('GRANT USAGE ON SCHEMA %I TO %I', nspname, current_user)
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       WHERE relname = ANY (?) AND relkind IN ('r', 'p') AND to_regclass(relname::text) IS NULL
         AND nspname = ANY (string_to_array(
               replace(replace(current_setting('search_path'), ' ', ''), '"$user"', current_user), ','))
         AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE')
      """;

  private static final String CREATE =
      """
      SELECT current_schema(), current_user,
             format('GRANT CREATE ON SCHEMA %I TO %I', current_schema(), current_user)
       WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
      """;

  private Privileges() {}

  /**
   * A table and the privileges that the runtime needs on it.
   *
   * @param table its name, without its schema
   * @param privileges as in a GRANT
   */
  record Needed(String table, List<String> privileges) {
    Needed(String table, String... privileges) {
      this(table, List.of(privileges));
    }
  }

  /** Returns one sentence for each table on which the role lacks something, with the GRANT. */
  public static List<String> missing(DataSource dataSource) throws SQLException {
    List<String> tables = new ArrayList<>();
    List<String> privileges = new ArrayList<>();
    for (Needed needed : NEEDED) {
      for (String privilege : needed.privileges()) {
        tables.add(needed.table());
        privileges.add(privilege);
      }
    }
    List<String> problems = new ArrayList<>();
    try (Connection connection = dataSource.getConnection()) {
      try (PreparedStatement statement = connection.prepareStatement(HIDDEN)) {
        statement.setArray(1, text(connection, tables));
        try (ResultSet hidden = statement.executeQuery()) {
          while (hidden.next()) {
            problems.add(
                "the role %s may not use the schema %s, in which the framework's tables are; run %s"
                    .formatted(hidden.getString(2), hidden.getString(1), hidden.getString(3)));
          }
        }
      }
      try (PreparedStatement statement = connection.prepareStatement(LACKING)) {
        statement.setArray(1, text(connection, tables));
        statement.setArray(2, text(connection, privileges));
        try (ResultSet lacking = statement.executeQuery()) {
          while (lacking.next()) {
            problems.add(
                "the role %s may not %s the table %s; run %s"
                    .formatted(
                        lacking.getString(3),
                        lacking.getString(2),
                        lacking.getString(1),
                        lacking.getString(4)));
          }
        }
      }
    }
    return problems;
  }

  /** Returns the sentence with the GRANT where the role may not make tables. */
  static List<String> missingToMigrate(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(CREATE)) {
      return result.next()
          ? List.of(
              "the role %s may not make the framework's tables in the schema %s; run %s, or apply the migrations with another role and say migrate(false)"
                  .formatted(result.getString(2), result.getString(1), result.getString(3)))
          : List.of();
    }
  }

  private static Array text(Connection connection, Collection<String> names) throws SQLException {
    return connection.createArrayOf("text", names.toArray(String[]::new));
  }
}
