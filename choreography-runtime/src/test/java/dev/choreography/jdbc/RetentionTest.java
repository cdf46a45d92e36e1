// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.Ignored;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Published;
import dev.choreography.engine.Retention;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.SettableClock;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Rows leave when no event can come any more, and what comes all the same changes nothing. */
@ExtendWith(RealPrograms.class)
class RetentionTest {

  private static final Duration KEPT = Duration.ofDays(15);

  private static Bookings bookings;

  private final SettableClock clock = new SettableClock(Instance.NOW);
  private Journal journal;
  private Instance instance;
  private Housekeeping housekeeping;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "retention");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    Retention retention = new Retention(KEPT, clock);
    journal = new JdbcJournal(bookings.database());
    instance =
        new Instance(
            journal,
            bookings.relay(),
            bookings::handler,
            clock,
            retention,
            Sagas.CHAIN,
            Sagas.JOIN);
    housekeeping =
        new Housekeeping(journal, bookings.relay(), new Published(), () -> 0, retention, () -> 0);
  }

  @Test
  void what_has_ended_leaves_and_what_has_not_stays() throws SQLException {
    instance.handle(chain(Signal.STARTED, "completed"), chain(Signal.STARTED, "undone"));
    instance.handle(chain(Signal.completed(2), "completed"), chain(Signal.failed(1), "undone"));
    instance.handle(join(Signal.completed(0), "waits"));
    instance.handle(chain(Signal.STARTED, "hangs"));
    clock.set(Instance.DEADLINE.plus(KEPT));
    housekeeping.run();
    assertThat(rows()).as("just in time").contains("completed", "undone", "waits", "hangs");
    clock.advance(Duration.ofSeconds(1));
    housekeeping.run();
    assertThat(rows()).containsOnly("hangs");
  }

  @Test
  void a_saga_that_was_forgotten_never_comes_alive() throws SQLException {
    List<Incoming> all = new ArrayList<>();
    all.add(chain(Signal.STARTED, "s"));
    all.add(bareStart("s"));
    all.add(chain(Signal.completed(2), "s"));
    all.add(chain(Signal.failed(1), "s"));
    all.add(chain(Signal.compensated(1), "s"));
    all.add(chain(Signal.CANCELLED, "s"));
    instance.handle(all.get(0));
    instance.handle(all.get(2));
    int published = bookings.relay().published().size();
    List<String> seats = bookings.seats();
    clock.set(Instance.NOW.plus(Sagas.CHAIN.deadline()).plus(KEPT).plusSeconds(1));
    housekeeping.run();
    assertThat(rows()).isEmpty();
    for (int i = 0; i < all.size(); i++) {
      // Nobody answers a bare start otherwise.
      assertThat(instance.handle(all.get(i))).hasSize(i == 1 ? 1 : 0);
    }
    assertThat(instance.handle(all.toArray(Incoming[]::new))).hasSize(1);
    instance.wake();
    assertThat(rows()).as("rows").isEmpty();
    assertThat(bookings.relay().published()).as("nothing is answered").hasSize(published);
    assertThat(bookings.seats()).isEqualTo(seats);
    assertThat(instance.counts().ignored(Ignored.FORGOTTEN)).as("counted").isPositive();
  }

  @Test
  void a_start_dated_in_seconds_is_a_dead_letter_and_runs_when_it_is_replayed()
      throws SQLException {
    Incoming bare = bareStart("s");
    Instant misread = Instant.ofEpochMilli(Instance.NOW.getEpochSecond());
    Incoming seconds = at(bare, misread);
    assertThat(instance.handle(seconds))
        .singleElement()
        .extracting(DeadLetter::reason)
        .asString()
        .contains("timestamp " + misread, "saga s", "not in milliseconds", "replay it");
    assertThat(rows()).isEmpty();
    assertThat(bookings.relay().published()).isEmpty();
    assertThat(instance.handle(bare)).isEmpty();
    assertThat(bookings.emitted("s")).as("adopted by both").containsExactly("started", "started");
  }

  @Test
  void beside_one_that_is_out_of_time_what_is_in_time_has_its_effect() throws SQLException {
    Instant seconds = Instant.ofEpochMilli(Instance.NOW.getEpochSecond());
    assertThat(
            instance.handle(
                at(bareStart("s"), seconds),
                chain(Signal.STARTED, "s"),
                at(bareStart("s"), seconds)))
        .hasSize(2);
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
  }

  private static Incoming at(Incoming record, Instant timestamp) {
    return new Incoming(
        record.topic(),
        record.partition(),
        record.offset(),
        timestamp,
        record.received(),
        record.key(),
        record.value(),
        record.headers(),
        record.misplaced());
  }

  @Test
  void what_is_parked_is_there_for_its_operator_however_late() throws SQLException {
    instance.handle(chain(Signal.STARTED, "s"));
    bookings
        .handler("a")
        .undoing(
            "s",
            (completed, saga) -> {
              throw new IllegalStateException("broken");
            });
    instance.handle(chain(Signal.failed(1), "s"));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    clock.set(Instance.DEADLINE.plus(KEPT.multipliedBy(3)));
    housekeeping.run();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
  }

  @Test
  void a_row_that_is_in_use_is_passed_over_and_many_leave_in_one_round() throws SQLException {
    bookings.execute(
        """
        INSERT INTO choreography_journal (choreography, saga_id, step, version, state, heard, deadline)
        SELECT 'chain', 's' || n, 'a', 1, 'CONFIRMED', 0, '2020-01-01' FROM generate_series(1, 4000) n
        """);
    try (Connection connection = bookings.database().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT 1 FROM choreography_journal WHERE saga_id = 's7' FOR UPDATE");
      housekeeping.run();
      connection.rollback();
    }
    assertThat(rows()).containsOnly("s7");
    assertThat(journal.purge(clock.instant(), 10)).isOne();
  }

  private static List<String> rows() throws SQLException {
    return bookings.query("SELECT saga_id FROM choreography_journal");
  }

  private Incoming chain(Signal signal, String sagaId) {
    return instance.record(Sagas.CHAIN, signal, sagaId);
  }

  private Incoming join(Signal signal, String sagaId) {
    return instance.record(Sagas.JOIN, signal, sagaId);
  }

  private Incoming bareStart(String sagaId) {
    return instance.record(Sagas.CHAIN, Sagas.event(Sagas.CHAIN, Signal.STARTED, sagaId), Map.of());
  }
}
