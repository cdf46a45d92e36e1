// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.jdbc.SqlTokens.Kind;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;

/**
 * The rules for SQL that handlers send. They share their transaction with other sagas and its
 * connection with other transactions, so what ends the one or changes the other for longer than the
 * call is refused, and the rest is told. Only the text is looked at: what a function or a {@code
 * DO} block of the database sets is not seen.
 */
final class HandlerSql {

  /** The driver needs the first three as they are, the transaction the others. */
  private static final Set<String> FIXED =
      Set.of(
          "client_encoding",
          "datestyle",
          "standard_conforming_strings",
          "session_authorization",
          "transaction_isolation",
          "transaction_read_only",
          "transaction_deferrable");

  private static final String END =
      "the transaction holds the journal, the outbox and other sagas; return Outcome.rejected or throw to undo what this call wrote";
  private static final String LASTS =
      "it would outlast the call on a connection that others are given next";
  private static final String SAY_LOCAL = LASTS + "; say SET LOCAL, which is taken back";

  private final String sql;
  private final SqlTokens tokens;
  private final Effects effects;

  private HandlerSql(String sql, Effects effects) {
    this.sql = sql;
    this.tokens = new SqlTokens(sql);
    this.effects = effects;
  }

  /** Told of what an SQL text does beside reading and writing. */
  interface Effects {
    /** A setting is changed until the transaction ends. */
    void changesSetting(String setting) throws SQLException;

    /** When constraints are checked is changed until the transaction ends. */
    void changesConstraints();

    /** A savepoint is set; its name is as PostgreSQL compares it. */
    void setsSavepoint(String name) throws SQLException;

    /** A savepoint is returned to or released. */
    void usesSavepoint(String name) throws SQLException;
  }

  /**
   * Looks at an SQL text that is about to be sent.
   *
   * @throws SQLException if it is refused
   */
  static void check(String sql, Effects effects) throws SQLException {
    new HandlerSql(sql, effects).check();
  }

  /** An exception that says why a handler may not do something. */
  static SQLException refused(String what, String why) {
    return new SQLException("a handler called %s: %s".formatted(what, why));
  }

  private SQLException refused(String why) {
    String text = sql.strip();
    return refused(text.length() <= 200 ? text : text.substring(0, 200) + "...", why);
  }

  private void check() throws SQLException {
    while (tokens.next() != Kind.END) {
      // A query may begin with a parenthesis, a call with {? = call.
      if (tokens.kind() == Kind.WORD) {
        statement();
      }
    }
  }

  private void statement() throws SQLException {
    switch (tokens.text()) {
      case "commit", "end", "abort", "begin", "start" -> throw refused(END);
      case "prepare", "deallocate", "discard", "reset", "listen", "unlisten" ->
          throw refused(LASTS);
      case "rollback" -> rollback();
      case "savepoint" -> effects.setsSavepoint(nextName());
      case "release" -> effects.usesSavepoint(afterOptional("savepoint"));
      case "set" -> set();
      case "create" -> create();
      default -> {}
    }
    rest();
  }

  private void rollback() throws SQLException {
    Kind ignored = tokens.next();
    if (tokens.isWord("work") || tokens.isWord("transaction")) {
      ignored = tokens.next();
    }
    if (!tokens.isWord("to")) {
      throw refused(END);
    }
    effects.usesSavepoint(afterOptional("savepoint"));
  }

  private String nextName() {
    Kind ignored = tokens.next();
    return tokens.text();
  }

  private String afterOptional(String word) {
    String name = nextName();
    return tokens.isWord(word) ? nextName() : name;
  }

  private void set() throws SQLException {
    Kind ignored = tokens.next();
    if (tokens.isWord("constraints")) {
      effects.changesConstraints();
      return;
    }
    if (!tokens.isWord("local")) {
      throw refused(SAY_LOCAL);
    }
    String first = nextName();
    setting(
        switch (first) {
          case "time" -> "timezone";
          case "schema" -> "search_path";
          case "xml" -> "xmloption";
          case "names" -> "client_encoding";
          case "session" -> "session_authorization";
          case "transaction" -> "transaction_isolation";
          default -> qualified(first);
        });
  }

  private String qualified(String first) {
    StringBuilder name = new StringBuilder(first);
    Kind ignored = tokens.next();
    while (tokens.is('.')) {
      name.append('.').append(nextName());
      ignored = tokens.next();
    }
    return name.toString();
  }

  private void setting(String name) throws SQLException {
    if (FIXED.contains(name.toLowerCase(Locale.ROOT))) {
      throw refused("the driver and the framework rely on " + name);
    }
    effects.changesSetting(name);
  }

  /** To the end of the statement, which may set a setting by a function. */
  private void rest() throws SQLException {
    while (tokens.kind() != Kind.END && !tokens.is(';')) {
      if (tokens.isWord("set_config")) {
        setConfig();
      } else {
        Kind ignored = tokens.next();
      }
    }
  }

  private void setConfig() throws SQLException {
    Kind ignored = tokens.next();
    if (!tokens.is('(')) {
      return;
    }
    boolean literal = tokens.next() == Kind.STRING;
    String name = tokens.text();
    literal &= tokens.next() == Kind.OTHER && tokens.is(',');
    if (!literal || !isLocal()) {
      throw refused(
          "say set_config('the name', a value, true), which is taken back after the call; anything else may outlast it");
    }
    setting(name);
  }

  /** Whether the third argument is true; the second one is any expression. */
  private boolean isLocal() {
    int depth = 0;
    while (tokens.next() != Kind.END) {
      if (tokens.is('(') || tokens.is('[')) {
        depth++;
      } else if (tokens.is(')') || tokens.is(']')) {
        depth--;
      } else if (depth == 0 && tokens.is(',')) {
        Kind ignored = tokens.next();
        return tokens.isWord("true") && tokens.next() == Kind.OTHER && tokens.is(')');
      }
      if (depth < 0) {
        return false;
      }
    }
    return false;
  }

  /**
   * The body of a function may be statements between BEGIN ATOMIC and END; read as psql does
   * ({@code psqlscan.l}, begin_depth).
   */
  private void create() throws SQLException {
    int parentheses = 0;
    int blocks = 0;
    boolean routine = false;
    while (tokens.next() != Kind.END && !(blocks == 0 && tokens.is(';'))) {
      routine |= tokens.isWord("function") || tokens.isWord("procedure");
      parentheses += tokens.is('(') ? 1 : tokens.is(')') ? -1 : 0;
      if (routine && parentheses == 0) {
        if (tokens.isWord("atomic") || (blocks > 0 && tokens.isWord("case"))) {
          blocks++;
        } else if (blocks > 0 && tokens.isWord("end")) {
          blocks--;
        }
      }
    }
  }
}
