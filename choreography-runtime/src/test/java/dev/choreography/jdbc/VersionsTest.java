// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Published;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.Started;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One participant hosts several versions, and choreographies that share topics. */
@ExtendWith(RealPrograms.class)
class VersionsTest {

  private static final Choreography FIRST = pair(1);
  private static final Choreography SECOND = pair(2);

  /** Begins with what completes the first step of the pair. */
  private static final Choreography FOLLOWER =
      Choreography.named("follower")
          .startedBy(CompletedA.class)
          .step(
              "b",
              step ->
                  step.ownedBy("tests")
                      .after(CompletedA.class)
                      .completes(CompletedB.class)
                      .fails(FailedB.class))
          .build();

  private static Bookings bookings;

  private static Choreography pair(int version) {
    return Choreography.named("pair")
        .version(version)
        .startedBy(Started.class)
        .step(
            "a",
            step ->
                step.ownedBy("tests")
                    .after(Started.class)
                    .completes(CompletedA.class)
                    .fails(FailedA.class)
                    .compensates(CompensatedA.class))
        .step(
            "b",
            step ->
                step.ownedBy("tests")
                    .after(CompletedA.class)
                    .completes(CompletedB.class)
                    .fails(FailedB.class))
        .build();
  }

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "versions");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
  }

  @Test
  void an_event_of_another_version_than_its_sagas_is_a_conflict_and_changes_nothing()
      throws SQLException {
    Instance both = instance(FIRST, SECOND);
    both.handle(both.record(FIRST, Signal.STARTED, "s"));
    Incoming other = both.record(SECOND, Signal.failed(1), "s");
    assertThat(both.handle(other))
        .singleElement()
        .extracting(DeadLetter::reason)
        .asString()
        .isEqualTo(
            "conflict: saga s has begun here under version 1 of pair, the event is of version 2");
    assertThat(bookings.state(FIRST, "s", "a")).isEqualTo("COMPLETED");
    both.handle(both.record(FIRST, Signal.failed(1), "s"));
    assertThat(bookings.state(FIRST, "s", "a")).isEqualTo("COMPENSATED");
  }

  @Test
  void two_versions_of_a_saga_within_one_batch_are_not_mixed() throws SQLException {
    Instance both = instance(FIRST, SECOND);
    assertThat(
            both.handle(
                both.record(FIRST, Signal.STARTED, "s"),
                both.record(SECOND, Signal.failed(1), "s")))
        .hasSize(1);
    assertThat(bookings.state(FIRST, "s", "a")).isEqualTo("COMPLETED");
  }

  @Test
  void a_bare_start_that_comes_again_after_an_upgrade_starts_nothing_anew() throws SQLException {
    Instance before = instance(FIRST);
    Incoming bare = before.record(FIRST, Sagas.event(FIRST, Signal.STARTED, "s"), Map.of());
    before.handle(bare);
    int emitted = bookings.relay().published().size();
    Instance upgraded = instance(FIRST, SECOND);
    assertThat(upgraded.handle(bare)).isEmpty();
    assertThat(instance(SECOND).handle(bare)).as("its version is gone").hasSize(1);
    assertThat(bookings.relay().published()).hasSize(emitted);
  }

  @Test
  void the_next_version_can_be_hosted_before_any_saga_of_it_begins() throws SQLException {
    Instance careful =
        Instance.adopting(
            FIRST,
            new JdbcJournal(bookings.database()),
            bookings.relay(),
            (Step step) -> bookings.handler(step),
            FIRST,
            SECOND);
    careful.handle(careful.record(FIRST, Sagas.event(FIRST, Signal.STARTED, "s"), Map.of()));
    assertThat(bookings.lastOf("s").headers()).containsEntry(EventHeaders.CHOREOGRAPHY, FIRST.id());
    Instance bold = instance(FIRST, SECOND);
    Incoming bare = bold.record(FIRST, Sagas.event(FIRST, Signal.STARTED, "t"), Map.of());
    bold.handle(bare);
    assertThat(bookings.lastOf("t").headers())
        .containsEntry(EventHeaders.CHOREOGRAPHY, SECOND.id());
    int emitted = bookings.relay().published().size();
    assertThat(careful.handle(bare)).as("it comes again after going back").isEmpty();
    assertThat(bookings.relay().published()).hasSize(emitted);
  }

  @Test
  void what_starts_one_choreography_and_is_an_event_of_another_is_heard_by_the_one_it_is_for()
      throws SQLException {
    Instance both = instance(FIRST, FOLLOWER);
    Incoming bare = both.record(FOLLOWER, Sagas.event(FIRST, Signal.completed(0), "s"), Map.of());
    assertThat(both.handle(bare)).isEmpty();
    assertThat(bookings.state(FOLLOWER, "s", "b")).isEqualTo("WAITING");
    assertThat(bookings.state(FIRST, "s", "b")).isEqualTo("none");
    assertThat(bookings.lastOf("s").headers())
        .containsEntry(EventHeaders.CHOREOGRAPHY, FOLLOWER.id());

    assertThat(both.handle(both.record(FIRST, Signal.completed(0), "t"))).isEmpty();
    assertThat(bookings.state(FIRST, "t", "b")).isEqualTo("CONFIRMED");
    assertThat(bookings.state(FOLLOWER, "t", "b")).isEqualTo("none");
  }

  private static Instance instance(Choreography... choreographies) {
    return new Instance(
        new JdbcJournal(bookings.database()),
        bookings.relay(),
        new Published(),
        (Step step) -> bookings.handler(step),
        choreographies);
  }
}
