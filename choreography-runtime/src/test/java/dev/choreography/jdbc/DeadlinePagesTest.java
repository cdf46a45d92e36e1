// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A look at all deadlines reads a long journal in pages, and misses none. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class DeadlinePagesTest {

  private static final int ENDED = 200_000;

  /** So many have the same deadline, in the middle. */
  private static final int AT_ONCE = 3_000;

  private static final int PAGE = 5_000;

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "deadline_pages");
    // Of one connection: what it reads is counted where it is read.
    bookings.database().getHikariPoolMXBean().softEvictConnections();
    bookings.database().setMaximumPoolSize(1);
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @Test
  void no_statement_reads_more_than_a_page_and_each_late_saga_is_found() throws SQLException {
    insert("ended", ENDED, "CONFIRMED", "now() - interval '7 days' + number * interval '3 s'");
    insert("at-once", AT_ONCE, "CONFIRMED", "date_trunc('day', now()) - interval '3 days'");
    insert("late", 150, "COMPLETED", "now() - interval '7 days' + number * interval '66 min'");
    insert("not-yet", 10, "COMPLETED", "now() + interval '1 day'");
    bookings.execute("ANALYZE choreography_journal");
    Counted counted = new Counted();
    Instance instance =
        bookings.instance(counted, Instance.OPTIONS, Clock.fixed(Instance.NOW, ZoneOffset.UTC));
    while (instance.timers().tick()) {
      // Until all pages were looked at.
    }
    for (int i = 1; i <= 150; i++) {
      assertThat(bookings.emitted("late-" + i)).as("late-%d", i).containsExactly("chain_control");
    }
    assertThat(bookings.emitted("not-yet-1")).isEmpty();
    assertThat(counted.reads).as("transactions that read a page").hasSizeGreaterThan(ENDED / PAGE);
    // Each entry is counted in the index and, where it leads to a row, in the table.
    assertThat(counted.reads)
        .as("entries and rows read by one transaction")
        .allMatch(read -> read <= 2L * (PAGE + AT_ONCE) + 1_000);
  }

  /** Rows of the first step of a chain. */
  private static void insert(String name, int rows, String state, String deadline)
      throws SQLException {
    bookings.execute(
        """
        INSERT INTO choreography_journal
               (choreography, saga_id, step, version, state, heard, deadline)
        SELECT 'chain', '%s-' || number, 'a', 1, '%s', 1, %s
          FROM generate_series(1, %d) AS number
        """
            .formatted(name, state, deadline, rows));
  }

  /** Tells how much each transaction read. */
  private static final class Counted extends ForwardingJournal {
    private final List<Long> reads = new ArrayList<>();
    private long before;

    Counted() throws SQLException {
      super(new JdbcJournal(bookings.database()));
      before = read();
    }

    @Override
    public Transaction begin(Scope scope) {
      return new ForwardingTransaction(super.begin(scope)) {
        @Override
        public void close() {
          super.close();
          try {
            long now = read();
            reads.add(now - before);
            before = now;
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        }
      };
    }

    private static long read() throws SQLException {
      return Long.parseLong(
          bookings
              .query(
                  """
                  SELECT (SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables
                           WHERE relname = 'choreography_journal')
                       + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
                           WHERE relname = 'choreography_journal')
                    FROM pg_stat_force_next_flush()
                  """)
              .get(0));
    }
  }
}
