// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.engine.Journal;
import dev.choreography.jdbc.HeldJournal.Place;
import dev.choreography.jdbc.TwoInstances.End;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two events of one saga and step arrive at two instances at the same time. */
@ExtendWith(RealPrograms.class)
class LockTest {

  private static final @Nullable Signal NOTHING = null;

  /** The row is not there yet. */
  private static final List<@Nullable Signal> NEW = Collections.singletonList(NOTHING);

  private static HikariDataSource database;

  @BeforeAll
  static void open(LocalEnvironment environment) throws Exception {
    database = RealPrograms.pool(environment.createDatabase("locks"));
    Migrations.apply(database);
    TwoInstances.createTable(database);
  }

  @AfterAll
  static void close() {
    database.close();
  }

  static Stream<Arguments> steps() {
    return Stream.of(Sagas.CHAIN, Sagas.FORK, Sagas.JOIN)
        .flatMap(
            choreography ->
                choreography.steps().stream()
                    .map(step -> Arguments.of(choreography.name(), step.name(), choreography)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("steps")
  void any_two_events_that_meet_end_as_one_after_the_other(
      String name, String step, Choreography choreography) throws Exception {
    Journal journal = new JdbcJournal(database);
    Set<Signal> hears = hears(choreography, step);
    List<@Nullable Signal> befores = new ArrayList<>(hears);
    befores.add(NOTHING);
    assertThat(differences(choreography, step, befores, journal, Place.AFTER_THE_LOCK)).isEmpty();
    assertThat(differences(choreography, step, NEW, journal, Place.BEFORE_THE_COMMIT)).isEmpty();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("steps")
  void without_the_lock_some_two_events_end_otherwise(
      String name, String step, Choreography choreography) throws Exception {
    Journal faulty = new UnlockedJournal(new JdbcJournal(database));
    assertThat(differences(choreography, step, NEW, faulty, Place.AFTER_THE_LOCK)).isNotEmpty();
  }

  @Test
  void with_the_lock_a_cancelled_saga_keeps_no_seat() throws Exception {
    try (TwoInstances two =
        new TwoInstances(database, new JdbcJournal(database), Place.AFTER_THE_LOCK)) {
      Step step = Sagas.CHAIN.step("a");
      assertThat(two.atOnce(Sagas.CHAIN, step, null, Signal.CANCELLED, Signal.STARTED))
          .returns("FAILED", End::state)
          .returns(List.of("failed_a cancelled"), End::emitted)
          .returns(0, End::seats);
    }
  }

  @Test
  void without_the_lock_a_cancelled_saga_keeps_its_seat() throws Exception {
    Journal faulty = new UnlockedJournal(new JdbcJournal(database));
    try (TwoInstances two = new TwoInstances(database, faulty, Place.AFTER_THE_LOCK)) {
      Step step = Sagas.CHAIN.step("a");
      assertThat(two.atOnce(Sagas.CHAIN, step, null, Signal.CANCELLED, Signal.STARTED))
          .returns("FAILED", End::state)
          .returns(List.of("completed_a", "failed_a cancelled"), End::emitted)
          .returns(1, End::seats);
    }
  }

  private static Set<Signal> hears(Choreography choreography, String step) {
    return Protocol.hears(choreography.graph(), choreography.indexOf(step));
  }

  /**
   * All ordered pairs of what the step hears, each with the row as it is after each of {@code
   * befores}: waiting, executed, ended, or not there yet. Either may come first.
   */
  private static List<String> differences(
      Choreography choreography,
      String step,
      List<@Nullable Signal> befores,
      Journal journal,
      Place place)
      throws Exception {
    List<String> differences = new ArrayList<>();
    for (Signal before : befores) {
      for (Signal first : hears(choreography, step)) {
        for (Signal second : hears(choreography, step)) {
          if (before != null && Stream.of(before, first, second).distinct().count() < 3) {
            continue; // duplicates meet at the new row
          }
          // New ones each time: an instance that has met another takes care for a while.
          try (TwoInstances two = new TwoInstances(database, journal, place)) {
            Step at = choreography.step(step);
            End met = two.atOnce(choreography, at, before, first, second);
            Set<End> serial =
                Set.copyOf(
                    List.of(
                        two.oneAfterTheOther(choreography, at, before, first, second),
                        two.oneAfterTheOther(choreography, at, before, second, first)));
            if (!serial.contains(met)) {
              differences.add(
                  "before %s, %s meets %s: expected one of %s but was %s"
                      .formatted(before, first, second, serial, met));
            }
          }
        }
      }
    }
    return differences;
  }
}
