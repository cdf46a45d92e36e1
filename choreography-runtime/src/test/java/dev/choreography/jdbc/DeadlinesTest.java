// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testbed.SettableClock;
import dev.choreography.testevents.Started;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every step that ran notices, once, that its saga is late. */
@ExtendWith(RealPrograms.class)
@Timeout(120)
class DeadlinesTest {

  private static Bookings bookings;

  private final SettableClock clock = new SettableClock(Instance.NOW);
  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "deadlines");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    instance = newInstance();
  }

  private Instance newInstance() {
    return bookings.instance(Instance.OPTIONS, clock, clock);
  }

  @Test
  void a_step_that_ran_asks_once_that_its_late_saga_be_cancelled() throws SQLException {
    instance.handle(start("s", Instance.DEADLINE));
    clock.set(Instance.DEADLINE.minusMillis(1));
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    clock.set(Instance.DEADLINE.plusSeconds(5));
    instance.wake();
    clock.advance(Duration.ofSeconds(5));
    instance.wake();
    newInstance().wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
    OutboxEvent cancel = bookings.lastOf("s");
    assertThat(cancel.headers())
        .containsEntry(EventHeaders.TYPE, "cancel")
        .containsEntry(EventHeaders.SOURCE, "tests")
        .containsEntry(EventHeaders.DEADLINE, Instance.DEADLINE.toString())
        .containsKey(EventHeaders.STARTED);
  }

  @Test
  void no_deadline_is_missed_wherever_it_lies_between_two_looks() {
    for (int i = 0; i < 300; i++) {
      instance.handle(start("s" + i, Instance.NOW.plusMillis(1 + 97L * i)));
    }
    for (int look = 0; look < 60; look++) {
      clock.advance(Duration.ofMillis(733));
      instance.wake();
    }
    for (int i = 0; i < 300; i++) {
      assertThat(bookings.emitted("s" + i)).containsExactly("completed_a", "chain_control");
    }
  }

  @Test
  void a_deadline_that_passed_while_no_instance_was_there_is_noticed() {
    instance.handle(start("s", Instance.DEADLINE));
    instance.wake();
    clock.set(Instance.DEADLINE.plus(Duration.ofDays(6)));
    newInstance().wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @Test
  void a_row_that_is_locked_at_the_look_has_another_one() throws SQLException {
    instance.handle(start("s", Instance.DEADLINE));
    instance.wake();
    clock.set(Instance.DEADLINE.plusSeconds(1));
    try (Connection connection = bookings.database().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT 1 FROM choreography_journal FOR UPDATE");
      instance.wake();
      connection.rollback();
    }
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    clock.advance(Duration.ofSeconds(5));
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @ParameterizedTest
  @ValueSource(longs = {-2, 2})
  void an_instance_whose_clock_is_two_hours_off_refuses_nothing_and_misses_no_deadline(long hours) {
    SettableClock own = new SettableClock(Instance.NOW.plus(Duration.ofHours(hours)));
    Instance off = bookings.instance(Instance.OPTIONS, clock, own);
    off.wake();
    off.handle(start("s", Instance.DEADLINE));
    assertThat(bookings.emitted("s"))
        .as("an hour before the deadline")
        .containsExactly("completed_a");
    clock.set(Instance.DEADLINE.minusMillis(1));
    own.set(clock.instant().plus(Duration.ofHours(hours)));
    off.wake();
    assertThat(bookings.emitted("s")).as("just before").containsExactly("completed_a");
    clock.set(Instance.DEADLINE.plusSeconds(5));
    own.set(clock.instant().plus(Duration.ofHours(hours)));
    off.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
    off.handle(start("t", Instance.DEADLINE));
    assertThat(bookings.emitted("t")).containsExactly("failed_a deadline");
  }

  @ParameterizedTest
  @ValueSource(longs = {-2, 2})
  void what_an_instance_whose_clock_is_off_commits_late_is_noticed(long hours) {
    SettableClock own = new SettableClock(Instance.NOW.plus(Duration.ofHours(hours)));
    SlowToCommit slow = new SlowToCommit();
    Instance off = bookings.instance(new ClockedJournal(slow, clock), Instance.OPTIONS, own);
    off.wake();
    slow.meanwhile =
        () -> {
          for (int looks = 0; looks < 5; looks++) {
            clock.advance(Duration.ofMinutes(10));
            own.advance(Duration.ofMinutes(10));
            off.wake();
          }
        };
    off.handle(start("s", Instance.NOW.plusSeconds(1)));
    clock.advance(Duration.ofSeconds(5));
    own.advance(Duration.ofSeconds(5));
    off.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @Test
  void a_clock_that_was_set_forward_by_mistake_and_back_misses_nothing() {
    instance.wake();
    clock.advance(Duration.ofDays(400));
    instance.wake();
    clock.set(Instance.NOW);
    instance.handle(start("s", Instance.DEADLINE));
    instance.wake();
    clock.set(Instance.DEADLINE.plusSeconds(6));
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @Test
  void a_step_that_ended_after_the_deadline_notices_it_itself() {
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              clock.set(Instance.DEADLINE.plusSeconds(3));
              return Scripted.done(Sagas.CHAIN.step("a"), saga);
            });
    instance.handle(start("s", Instance.DEADLINE));
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @Test
  void a_batch_that_commits_long_after_the_deadline_of_what_it_executed_is_noticed() {
    SlowToCommit slow = new SlowToCommit();
    Instance late = bookings.instance(new ClockedJournal(slow, clock), Instance.OPTIONS, clock);
    late.wake();
    slow.meanwhile =
        () -> {
          for (int looks = 0; looks < 5; looks++) {
            clock.advance(Duration.ofMinutes(10));
            late.wake();
          }
        };
    late.handle(start("s", Instance.NOW.plusSeconds(1)));
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    clock.advance(Duration.ofSeconds(5));
    late.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  /** Something happens before the next commit. */
  private static final class SlowToCommit extends ForwardingJournal {
    private @Nullable Runnable meanwhile;

    SlowToCommit() {
      super(new JdbcJournal(bookings.database()));
    }

    @Override
    public Transaction begin(Scope scope) {
      return new ForwardingTransaction(super.begin(scope)) {
        @Override
        public void commit() {
          Runnable now = meanwhile;
          if (now != null) {
            meanwhile = null;
            now.run();
          }
          super.commit();
        }
      };
    }
  }

  @Test
  void thousands_that_wait_for_their_followers_are_looked_at_once() throws SQLException {
    List<Incoming> records = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      records.add(instance.record(Sagas.FORK, Signal.completed(0), "s" + i));
      records.add(instance.record(Sagas.FORK, new Started("s" + i, ""), Instance.DEADLINE));
    }
    instance.handle(records.toArray(Incoming[]::new));
    // a has been told to abort by b, and waits for c.
    List<Incoming> failures = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      failures.add(instance.record(Sagas.FORK, Signal.failed(1), "s" + i));
    }
    bookings.execute(
        "UPDATE choreography_journal SET state = 'COMPLETED', heard = 1 WHERE step = 'a'");
    instance.handle(failures.toArray(Incoming[]::new));
    clock.set(Instance.DEADLINE.plusSeconds(1));
    int looks = 0;
    while (instance.timers().tick()) {
      looks++;
    }
    assertThat(looks).isLessThan(10);
    clock.advance(Duration.ofSeconds(5));
    long before = instance.steps();
    instance.wake();
    assertThat(instance.steps()).as("nothing is left to look at").isEqualTo(before);
  }

  private Incoming start(String sagaId, Instant deadline) {
    return instance.record(Sagas.CHAIN, new Started(sagaId, "go"), deadline);
  }
}
