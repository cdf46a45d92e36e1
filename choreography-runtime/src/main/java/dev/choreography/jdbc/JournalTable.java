// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.RowKey;
import dev.choreography.protocol.Heard;
import dev.choreography.protocol.State;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The statements on the journal's rows, any number of them with one. Rows are found by their key
 * through {@code ON CONFLICT}: the plan of a join, made while the table is small and kept, would
 * read all of it when it no longer is.
 */
final class JournalTable {

  private static final String COLUMNS =
      """
      choreography, saga_id, step, version, state, heard, deadline, due, attempt,
      parked, error, result, inputs, digest, causation, trace_parent, received
      """;

  /**
   * Inserts in key order, so that two batches meet in the same order; the update writes nothing
   * new, it takes the lock of a row that was there and returns it as it is after waiting.
   */
  private static final String LOCK =
      """
      INSERT INTO choreography_journal AS journal
             (choreography, saga_id, step, version, state, heard, deadline)
      SELECT choreography, saga_id, step, version, 'NONE', 0, deadline::timestamptz
        FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[])
             AS wanted (choreography, saga_id, step, version, deadline)
       ORDER BY choreography COLLATE "C", saga_id COLLATE "C", step COLLATE "C"
      ON CONFLICT (choreography, saga_id, step) DO UPDATE SET heard = journal.heard
      RETURNING\s
      """
          + COLUMNS;

  /** Rows that are there, which is cheaper than to insert and find them. */
  private static final String FIND =
      "SELECT "
          + COLUMNS
          + """
              FROM choreography_journal
             WHERE choreography = ? AND step = ? AND saga_id = ANY (?)
             ORDER BY saga_id
               FOR UPDATE
            """;

  /** What this instance cannot host is left to another, without being in the way. */
  private static final String HOSTED =
      "(choreography || ':' || version || ':' || step) = ANY (?::text[])";

  private static final String DUE =
      "SELECT "
          + COLUMNS
          + """
              FROM choreography_journal
             WHERE due <= ?::timestamptz
               AND\s
            """
          + HOSTED
          + """

             ORDER BY due
             LIMIT ?
               FOR UPDATE SKIP LOCKED
            """;

  /** Of what was heard, 2 is the cancel and 4 the deadline: they were acted on already. */
  private static final String LATE =
      "SELECT "
          + COLUMNS
          + """
              FROM choreography_journal
             WHERE deadline > ?::timestamptz AND deadline <= ?::timestamptz
               AND state = 'COMPLETED' AND heard & 6 = 0
               AND\s
            """
          + HOSTED
          + """

             ORDER BY deadline
             LIMIT ?
               FOR UPDATE SKIP LOCKED
            """;

  /**
   * Reads the index on the deadline alone, and so many entries of it. Without such a limit a look
   * for the few that are late among a hundred million that have ended takes longer than anything
   * may.
   */
  private static final String WINDOW =
      """
      SELECT count(*), max(deadline)
        FROM (SELECT deadline
                FROM choreography_journal
               WHERE deadline > ?::timestamptz AND deadline <= ?::timestamptz
               ORDER BY deadline
               LIMIT ?) AS passed
      """;

  private static final String FORGET_UNHEARD =
      """
      DELETE FROM choreography_journal AS journal
       USING unnest(?::text[], ?::text[], ?::text[]) AS unheard (choreography, saga_id, step)
       WHERE journal.choreography = unheard.choreography
         AND journal.saga_id = unheard.saga_id
         AND journal.step = unheard.step
      """;

  /** All columns of rows, in key order, so that two batches meet in the same order. */
  private static final String INSERT =
      """
      INSERT INTO choreography_journal AS journal
             (choreography, saga_id, step, version, state, heard, deadline, due, attempt, parked,
              error, result, inputs, digest, causation, trace_parent, received)
      SELECT choreography, saga_id, step, version, state, heard, deadline::timestamptz,
             due::timestamptz, attempt, parked, error, result, inputs, digest, causation,
             trace_parent, received::timestamptz
        FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::text[],
                    ?::text[], ?::bigint[], ?::bigint[], ?::text[], ?::bytea[], ?::bytea[],
                    ?::bytea[], ?::text[], ?::text[], ?::text[])
             AS written (choreography, saga_id, step, version, state, heard, deadline, due, attempt,
                         parked, error, result, inputs, digest, causation, trace_parent, received)
       ORDER BY choreography COLLATE "C", saga_id COLLATE "C", step COLLATE "C"
      ON CONFLICT (choreography, saga_id, step)
      """;

  private static final String UNLESS_THERE = INSERT + "DO NOTHING";

  private static final String OVERWRITE =
      INSERT
          + """
            DO UPDATE
               SET state = excluded.state, heard = excluded.heard, deadline = excluded.deadline,
                   due = excluded.due, attempt = excluded.attempt, parked = excluded.parked,
                   error = excluded.error, result = excluded.result, inputs = excluded.inputs,
                   digest = excluded.digest, causation = excluded.causation,
                   trace_parent = excluded.trace_parent, received = excluded.received
            """;

  private JournalTable() {}

  /** A step of a choreography, of whatever version. */
  private record Step(String choreography, String name) implements Comparable<Step> {
    private static final Comparator<Step> ORDER =
        Comparator.comparing(Step::choreography).thenComparing(Step::name);

    @Override
    public int compareTo(Step other) {
      return ORDER.compare(this, other);
    }
  }

  /** Locks rows, inserting those that are missing. */
  static SortedMap<RowKey, JournalRow> lock(Connection connection, Collection<JournalRow> wanted)
      throws SQLException {
    SortedMap<RowKey, JournalRow> rows = new TreeMap<>();
    Map<Step, List<JournalRow>> bySteps = new TreeMap<>();
    for (JournalRow row : wanted) {
      Step step = new Step(row.key().choreography(), row.key().step());
      bySteps.computeIfAbsent(step, s -> new ArrayList<>()).add(row);
    }
    for (Map.Entry<Step, List<JournalRow>> ofStep : bySteps.entrySet()) {
      rows.putAll(find(connection, ofStep.getKey(), ofStep.getValue()));
    }
    List<JournalRow> missing = wanted.stream().filter(row -> !rows.containsKey(row.key())).toList();
    if (!missing.isEmpty()) {
      rows.putAll(insertOrLock(connection, missing));
    }
    return rows;
  }

  private static SortedMap<RowKey, JournalRow> find(
      Connection connection, Step step, Collection<JournalRow> wanted) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FIND)) {
      statement.setString(1, step.choreography);
      statement.setString(2, step.name);
      statement.setArray(3, new Columns<>(connection, wanted).text(row -> row.key().sagaId()));
      return rows(statement);
    }
  }

  private static SortedMap<RowKey, JournalRow> insertOrLock(
      Connection connection, Collection<JournalRow> wanted) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      Columns<JournalRow> columns = new Columns<>(connection, wanted);
      statement.setArray(1, columns.text(row -> row.key().choreography()));
      statement.setArray(2, columns.text(row -> row.key().sagaId()));
      statement.setArray(3, columns.text(row -> row.key().step()));
      statement.setArray(4, columns.numbers(row -> (long) row.version()));
      statement.setArray(5, columns.times(JournalRow::deadline));
      return rows(statement);
    }
  }

  static SortedMap<RowKey, JournalRow> lockDue(
      Connection connection, Collection<Journal.StepVersion> steps, Instant now, int limit)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(DUE)) {
      statement.setString(1, now.toString());
      statement.setArray(2, names(connection, steps));
      statement.setInt(3, limit);
      return rows(statement);
    }
  }

  static SortedMap<RowKey, JournalRow> lockLate(
      Connection connection,
      Collection<Journal.StepVersion> steps,
      Instant after,
      Instant upTo,
      int limit)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LATE)) {
      statement.setString(1, after.toString());
      statement.setString(2, upTo.toString());
      statement.setArray(3, names(connection, steps));
      statement.setInt(4, limit);
      return rows(statement);
    }
  }

  static Journal.Window window(Connection connection, Instant after, Instant now, int limit)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(WINDOW)) {
      statement.setString(1, after.toString());
      statement.setString(2, now.toString());
      statement.setInt(3, limit);
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        int rows = result.getInt(1);
        Timestamp last = result.getTimestamp(2);
        return new Journal.Window(rows, last == null || rows < limit ? now : last.toInstant(), now);
      }
    }
  }

  /** Returns whether none of them was there; if one was, the transaction is to be rolled back. */
  static boolean insert(Connection connection, Collection<JournalRow> rows) throws SQLException {
    return put(connection, UNLESS_THERE, rows) == rows.size();
  }

  /** Writes locked rows. Returns how many. */
  static int write(Connection connection, Collection<JournalRow> rows) throws SQLException {
    return put(connection, OVERWRITE, rows);
  }

  /** Deletes locked rows. Returns how many. */
  static int delete(Connection connection, Collection<JournalRow> rows) throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    try (PreparedStatement statement = connection.prepareStatement(FORGET_UNHEARD)) {
      Columns<JournalRow> columns = new Columns<>(connection, rows);
      statement.setArray(1, columns.text(row -> row.key().choreography()));
      statement.setArray(2, columns.text(row -> row.key().sagaId()));
      statement.setArray(3, columns.text(row -> row.key().step()));
      return statement.executeUpdate();
    }
  }

  static Array names(Connection connection, Collection<Journal.StepVersion> steps)
      throws SQLException {
    return new Columns<>(connection, steps)
        .text(step -> step.choreography() + ":" + step.version() + ":" + step.step());
  }

  private static int put(Connection connection, String sql, Collection<JournalRow> rows)
      throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Columns<JournalRow> columns = new Columns<>(connection, rows);
      statement.setArray(1, columns.text(row -> row.key().choreography()));
      statement.setArray(2, columns.text(row -> row.key().sagaId()));
      statement.setArray(3, columns.text(row -> row.key().step()));
      statement.setArray(4, columns.numbers(row -> (long) row.version()));
      statement.setArray(5, columns.text(row -> row.state().name()));
      statement.setArray(6, columns.numbers(row -> row.heard().bits()));
      statement.setArray(7, columns.times(JournalRow::deadline));
      statement.setArray(8, columns.times(JournalRow::due));
      statement.setArray(9, columns.numbers(row -> (long) row.attempt()));
      statement.setArray(10, columns.numbers(row -> (long) row.parked()));
      statement.setArray(11, columns.text(row -> storable(row.error())));
      statement.setArray(12, columns.bytes(JournalRow::result));
      statement.setArray(13, columns.bytes(row -> Wire.inputs(row.inputs())));
      statement.setArray(14, columns.bytes(JournalRow::digest));
      statement.setArray(15, columns.text(row -> storable(row.causation())));
      statement.setArray(16, columns.text(row -> storable(row.traceParent())));
      statement.setArray(17, columns.times(JournalRow::received));
      return statement.executeUpdate();
    }
  }

  private static SortedMap<RowKey, JournalRow> rows(PreparedStatement statement)
      throws SQLException {
    SortedMap<RowKey, JournalRow> rows = new TreeMap<>();
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        JournalRow row = read(result);
        rows.put(row.key(), row);
      }
    }
    return rows;
  }

  private static JournalRow read(ResultSet result) throws SQLException {
    return new JournalRow(
        new RowKey(result.getString(1), result.getString(2), result.getString(3)),
        result.getInt(4),
        State.valueOf(result.getString(5)),
        new Heard(result.getLong(6)),
        result.getTimestamp(7).toInstant(),
        instant(result.getTimestamp(8)),
        result.getInt(9),
        result.getInt(10),
        result.getString(11),
        result.getBytes(12),
        Wire.inputs(result.getBytes(13)),
        result.getBytes(14),
        result.getString(15),
        result.getString(16),
        instant(result.getTimestamp(17)));
  }

  private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
    return timestamp == null ? null : timestamp.toInstant();
  }

  /** PostgreSQL's text holds every character but the null one, which others' words may contain. */
  private static @Nullable String storable(@Nullable String text) {
    return text == null ? null : text.replace('\0', ' ');
  }
}
