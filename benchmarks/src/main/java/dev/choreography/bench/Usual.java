// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.local.Database;
import java.util.List;

/**
 * What people write by hand: one message, one transaction with inbox, business and outbox, and a
 * publisher that looks into the outbox every 100 ms.
 */
final class Usual implements Side {

  private static final String[] TABLES = {
    "CREATE TABLE inbox (message_id text PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now())",
    """
    CREATE TABLE outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      topic text NOT NULL,
      saga_id text NOT NULL,
      value bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )
    """
  };

  private final int threads;

  /** With so many threads, each with a consumer of its own. */
  Usual(int threads) {
    this.threads = threads;
  }

  @Override
  public String name() {
    return "usual";
  }

  @Override
  public String group() {
    return "usual";
  }

  @Override
  public List<String> topics() {
    return List.of(Trips.STARTED);
  }

  @Override
  public String recorded() {
    return "SELECT count(*) FROM inbox";
  }

  @Override
  public Running start(Stage stage, Database database) throws Exception {
    Stage.execute(database, TABLES);
    HikariDataSource pool = Ours.pool(database, threads + 1);
    Threads running = new Threads();
    for (int i = 0; i < threads; i++) {
      UsualConsumer consumer = new UsualConsumer(stage, pool, group());
      running.run("usual-consumer", consumer, consumer::stop);
    }
    UsualPublisher publisher = new UsualPublisher(stage, pool);
    running.run("usual-publisher", publisher, publisher::stop);
    return new Running() {
      @Override
      public void requireRunning() {
        running.requireRunning();
      }

      @Override
      public void close() {
        try (pool) {
          running.close();
        }
      }
    };
  }
}
