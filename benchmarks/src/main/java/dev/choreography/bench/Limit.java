// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

/**
 * The limit of the machine: a pipeline written by hand for one step, plain clients of Kafka and
 * JDBC, that keeps the same rows as the runtime and knows one choreography, the way forward and
 * confirmation. It has no compensation, no retries, no time limits, no dead letters.
 */
final class Limit implements Side {

  private static final String[] TABLES = {
    """
    CREATE TABLE IF NOT EXISTS journal (
      choreography text COLLATE "C" NOT NULL,
      saga_id text COLLATE "C" NOT NULL,
      step text COLLATE "C" NOT NULL,
      version integer NOT NULL,
      state text COLLATE "C" NOT NULL,
      heard bigint NOT NULL,
      deadline timestamptz NOT NULL,
      result bytea,
      digest bytea,
      PRIMARY KEY (choreography, saga_id, step)
    ) WITH (fillfactor = 80)
    """,
    "CREATE INDEX IF NOT EXISTS journal_deadline ON journal (deadline)",
    """
    CREATE TABLE IF NOT EXISTS outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      topic text NOT NULL,
      saga_id text NOT NULL,
      value bytea NOT NULL,
      headers text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)
    """
  };

  private final String name;
  private final Work work;
  private final int threads;

  Limit(String name, Work work) {
    this(name, work, 1);
  }

  /** With so many threads, each with a consumer, a producer and a connection of its own. */
  Limit(String name, Work work, int threads) {
    this.name = name;
    this.work = work;
    this.threads = threads;
  }

  static String group(Work work) {
    return "limit-" + work.participant();
  }

  static List<String> topics(Work work) {
    return Stream.of(work.input(), work.confirmedBy()).flatMap(Stream::ofNullable).toList();
  }

  static void createTables(Database database) throws SQLException {
    Stage.execute(database, TABLES);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String group() {
    return group(work);
  }

  @Override
  public List<String> topics() {
    return topics(work);
  }

  @Override
  public String recorded() {
    return "SELECT count(*) FROM journal WHERE state <> 'NONE'";
  }

  @Override
  public Running start(Stage stage, Database database) throws Exception {
    createTables(database);
    Threads running = new Threads();
    for (int i = 0; i < threads; i++) {
      Pipeline pipeline = new Pipeline(stage.bootstrapServers(), stage.prefixes(), database, work);
      running.run(name, pipeline, pipeline::stop);
    }
    return running;
  }
}
