// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.engine.Handled;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Position;
import dev.choreography.engine.Progress;
import dev.choreography.engine.SetBackException;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches for which there is no time, and the positions that batches write. */
@ExtendWith(RealPrograms.class)
class GivenBackTest {

  private static final int RECORDS = 20;

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "given_back");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
  }

  private static List<Incoming> starts(Instance instance) {
    List<Incoming> starts = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      // The keys are in another order than the offsets.
      starts.add(at(i, instance.record(Sagas.CHAIN, Signal.STARTED, "s" + (i * 7) % RECORDS)));
    }
    return starts;
  }

  private static Incoming at(long offset, Incoming record) {
    return new Incoming(
        record.topic(),
        0,
        offset,
        record.timestamp(),
        record.received(),
        record.key(),
        record.value(),
        record.headers(),
        false);
  }

  /** The progress of the only partition. */
  private static Progress progress(List<Incoming> records, long known) {
    return (Collection<Incoming> notHandled) ->
        List.of(
            new Position(
                "started",
                "id",
                0,
                notHandled.stream().mapToLong(Incoming::offset).min().orElse(records.size()),
                -1,
                known));
  }

  private static List<String> stored() throws SQLException {
    return bookings.query("SELECT next_offset FROM choreography_position");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_batch_without_time_handles_one_saga_and_gives_back_the_others(boolean swift)
      throws SQLException {
    Instance instance =
        swift
            ? bookings.instance(
                new JdbcJournal(bookings.database()),
                Instance.OPTIONS,
                Clock.fixed(Instance.NOW, ZoneOffset.UTC))
            : bookings.instance();
    instance.intake().limitedTo(Duration.ZERO);
    List<Incoming> records = starts(instance);
    int rounds = 0;
    long next = 0;
    while (next < RECORDS) {
      rounds++;
      Handled handled =
          instance.intake().handle(records.subList((int) next, RECORDS), progress(records, next));
      assertThat(bookings.seats()).as("each once").hasSize(rounds);
      assertThat(bookings.query("SELECT state FROM choreography_journal"))
          .as("no row of what was given back")
          .hasSize(rounds)
          .containsOnly("COMPLETED");
      long first = handled.unread().stream().mapToLong(Incoming::offset).min().orElse(RECORDS);
      assertThat(stored()).containsExactly("" + first);
      assertThat(handled.advanced()).extracting(Position::next).containsExactly(first);
      next = first;
    }
    assertThat(rounds).isEqualTo(RECORDS);
  }

  @Test
  void one_by_one_there_is_the_same_time() throws SQLException {
    Instance instance = bookings.instance();
    instance.intake().limitedTo(Duration.ZERO);
    AtomicInteger calls = new AtomicInteger();
    bookings
        .handler("a")
        .on(
            "s0",
            (request, saga) -> {
              if (calls.incrementAndGet() <= 2) {
                try (Statement statement = saga.connection().createStatement()) {
                  statement.execute(
                      "DO $$ BEGIN RAISE 'a deadlock that comes again' USING ERRCODE = '40P01'; END $$");
                }
              }
              Bookings.take(saga, Sagas.CHAIN.step("a"));
              return Scripted.done(Sagas.CHAIN.step("a"), saga);
            });
    List<Incoming> records = starts(instance);
    Handled handled = instance.intake().handle(records, progress(records, 0));
    assertThat(calls).as("in the batch, alone, and one by one").hasValue(3);
    assertThat(bookings.seats()).containsExactly("s0 a 0");
    assertThat(handled.unread()).hasSize(RECORDS - 1);
    assertThat(handled.advanced()).isEmpty();
    assertThat(stored()).isEmpty();
  }

  @Test
  void the_position_stays_before_a_dead_letter_that_is_still_to_be_put_aside() throws SQLException {
    Instance instance = bookings.instance();
    List<Incoming> records = new ArrayList<>(starts(instance));
    Incoming broken = Instance.with(records.get(11), EventHeaders.DEADLINE, "never");
    records.set(11, broken);
    Handled handled = instance.intake().handle(records, progress(records, 0));
    assertThat(handled.deadLetters()).hasSize(1);
    assertThat(handled.unread()).isEmpty();
    assertThat(stored()).containsExactly("11");
    instance.intake().advance(List.of(new Position("started", "id", 0, RECORDS, -1, 11)));
    assertThat(stored()).containsExactly("" + RECORDS);
  }

  @Test
  void a_zombie_does_not_lower_a_position_and_a_database_that_did_is_noticed() throws SQLException {
    Instance instance = bookings.instance();
    instance.intake().advance(List.of(new Position("started", "id", 0, 30, 1, 0)));
    instance.intake().advance(List.of(new Position("started", "id", 0, 20, 0, 10)));
    assertThat(stored()).containsExactly("30");
    bookings.execute("UPDATE choreography_position SET next_offset = 25");
    List<Incoming> records = starts(instance);
    assertThatThrownBy(() -> instance.intake().handle(records, progress(records, 30)))
        .isInstanceOf(SetBackException.class)
        .hasMessageContaining("had 30 before and has 25");
    assertThat(bookings.seats()).as("nothing was handled").isEmpty();
    bookings.execute("DELETE FROM choreography_position");
    assertThatThrownBy(() -> instance.intake().handle(records, progress(records, 30)))
        .isInstanceOf(SetBackException.class)
        .hasMessageContaining("has none now");
    Position other = new Position("started", "other id", 0, 40, 1, 30);
    instance.intake().advance(List.of(new Position("started", "id", 0, 30, 1, 0)));
    assertThatThrownBy(() -> instance.intake().advance(List.of(other)))
        .isInstanceOf(SetBackException.class)
        .hasMessageContaining("topic id");
    new JdbcJournal(bookings.database()).forgetPositions(List.of(other));
    assertThat(stored()).isEmpty();
  }
}
