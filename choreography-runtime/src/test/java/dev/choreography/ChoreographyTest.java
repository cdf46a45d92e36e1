// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompensatedB;
import dev.choreography.testevents.CompensatedC;
import dev.choreography.testevents.CompensatedD;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.CompletedC;
import dev.choreography.testevents.CompletedD;
import dev.choreography.testevents.Empty;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.FailedC;
import dev.choreography.testevents.FailedD;
import dev.choreography.testevents.Fillable;
import dev.choreography.testevents.ReasonNumber;
import dev.choreography.testevents.SagaIdNumber;
import dev.choreography.testevents.SagaIdSecond;
import dev.choreography.testevents.Started;
import dev.choreography.testevents.TripControl;
import dev.choreography.testevents.Unfillable;
import dev.choreography.testevents.WithoutReason;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class ChoreographyTest {

  private static Step.Declaration a(Step.Declaration step) {
    return step.ownedBy("alpha")
        .after(Started.class)
        .completes(CompletedA.class)
        .fails(FailedA.class)
        .compensates(CompensatedA.class);
  }

  private static Step.Declaration b(Step.Declaration step) {
    return step.ownedBy("beta")
        .after(Started.class)
        .completes(CompletedB.class)
        .fails(FailedB.class)
        .compensates(CompensatedB.class);
  }

  /** The last one: nothing follows it, nothing runs beside it. */
  private static Step.Declaration c(Step.Declaration step) {
    return step.ownedBy("gamma")
        .after(CompletedA.class, CompletedB.class)
        .completes(CompletedC.class)
        .fails(FailedC.class);
  }

  private static Choreography.Builder trip() {
    return Choreography.named("trip").startedBy(Started.class);
  }

  /** Steps a and b beside each other, then c. */
  private static Choreography.Builder join() {
    return trip()
        .step("a", ChoreographyTest::a)
        .step("b", ChoreographyTest::b)
        .step("c", ChoreographyTest::c);
  }

  /** Step b follows step a as the last one, but for what a test makes of it. */
  private static Consumer<Step.Declaration> last(Consumer<Step.Declaration> otherwise) {
    return step -> {
      step.ownedBy("beta").completes(CompletedB.class).fails(FailedB.class);
      otherwise.accept(step);
    };
  }

  private static List<String> problems(Choreography.Builder declaration) {
    InvalidChoreographyException refused =
        catchThrowableOfType(InvalidChoreographyException.class, declaration::build);
    assertThat(refused).as("a choreography with problems is refused").isNotNull();
    return refused.problems();
  }

  // What a declaration gives

  @Test
  void a_declaration_gives_its_steps_and_their_order() {
    Choreography trip = join().build();
    assertThat(trip.steps()).extracting(Step::name).containsExactly("a", "b", "c");
    assertThat(trip.graph().predecessors(2)).isEqualTo(0b011);
    assertThat(trip.graph().concurrent(0)).isEqualTo(0b010);
    assertThat(trip.step("c").owner()).isEqualTo("gamma");
    assertThat(trip.indexOf("b")).isEqualTo(1);
  }

  @Test
  void it_is_version_one_and_lasts_a_day_unless_it_says_otherwise() {
    Choreography trip = join().build();
    assertThat(trip.version()).isEqualTo(1);
    assertThat(trip.deadline()).isEqualTo(Duration.ofDays(1));
    assertThat(trip.id()).isEqualTo("trip:1:" + trip.fingerprint());
  }

  @Test
  void topics_are_derived_from_the_events_and_the_name() {
    assertThat(join().build().topics())
        .containsExactlyInAnyOrder(
            "started",
            "completed_a",
            "failed_a",
            "compensated_a",
            "completed_b",
            "failed_b",
            "compensated_b",
            "completed_c",
            "failed_c",
            "trip_control");
  }

  @Test
  void a_step_that_is_not_declared_is_told_together_with_those_that_are() {
    Choreography trip = join().build();
    assertThatThrownBy(() -> trip.step("x"))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("choreography trip has no step x, its steps are [a, b, c]");
  }

  @Test
  void the_framework_may_leave_a_field_at_its_default() {
    Choreography.Builder declaration =
        trip()
            .step("a", ChoreographyTest::a)
            .step("b", ChoreographyTest::b)
            .step("c", s -> c(s).fails(Fillable.class));
    assertThatCode(declaration::build).doesNotThrowAnyException();
  }

  // What tells declarations apart

  @Test
  void the_fingerprint_ignores_the_order_of_declaration_the_version_and_the_deadline() {
    String fingerprint = join().build().fingerprint();
    assertThat(fingerprint).matches("[0-9a-f]{16}");
    assertThat(
            trip()
                .step("c", ChoreographyTest::c)
                .step("b", ChoreographyTest::b)
                .step("a", ChoreographyTest::a)
                .build()
                .fingerprint())
        .isEqualTo(fingerprint);
    assertThat(
            trip()
                .version(2)
                .deadline(Duration.ofHours(1))
                .step("a", ChoreographyTest::a)
                .step("b", ChoreographyTest::b)
                .step("c", ChoreographyTest::c)
                .build()
                .fingerprint())
        .isEqualTo(fingerprint);
  }

  @Test
  void steps_are_numbered_alike_in_whatever_order_they_are_declared() {
    Choreography backwards =
        trip()
            .step("c", ChoreographyTest::c)
            .step("b", ChoreographyTest::b)
            .step("a", ChoreographyTest::a)
            .build();
    assertThat(backwards.steps()).isEqualTo(join().build().steps());
    assertThat(backwards.graph().predecessors(2)).isEqualTo(0b011);
  }

  @Test
  void the_fingerprint_of_a_join_ignores_the_order_of_what_it_follows() {
    Consumer<Step.Declaration> reversed =
        step ->
            step.ownedBy("gamma")
                .after(CompletedB.class, CompletedA.class)
                .completes(CompletedC.class)
                .fails(FailedC.class);
    assertThat(
            trip()
                .step("a", ChoreographyTest::a)
                .step("b", ChoreographyTest::b)
                .step("c", reversed)
                .build()
                .fingerprint())
        .isEqualTo(join().build().fingerprint());
  }

  @Test
  void each_change_of_order_owner_name_or_event_changes_the_fingerprint() {
    Consumer<Step.Declaration> d =
        step ->
            step.ownedBy("delta")
                .after(CompletedC.class)
                .completes(CompletedD.class)
                .fails(FailedD.class);
    Consumer<Step.Declaration> chained =
        step ->
            step.ownedBy("beta")
                .after(CompletedA.class)
                .completes(CompletedB.class)
                .fails(FailedB.class)
                .compensates(CompensatedB.class);
    Consumer<Step.Declaration> compensableC = s -> c(s).compensates(CompensatedC.class);
    List<Choreography.Builder> declarations =
        List.of(
            join(),
            trip().step("a", ChoreographyTest::a).step("b", chained).step("c", ChoreographyTest::c),
            trip()
                .step("a", s -> a(s).ownedBy("other"))
                .step("b", ChoreographyTest::b)
                .step("c", ChoreographyTest::c),
            trip()
                .step("renamed", ChoreographyTest::a)
                .step("b", ChoreographyTest::b)
                .step("c", ChoreographyTest::c),
            trip()
                .step("a", s -> a(s).fails(Fillable.class))
                .step("b", ChoreographyTest::b)
                .step("c", ChoreographyTest::c),
            trip()
                .step("a", s -> a(s).compensates(CompensatedD.class))
                .step("b", ChoreographyTest::b)
                .step("c", ChoreographyTest::c),
            trip()
                .step("a", ChoreographyTest::a)
                .step("b", ChoreographyTest::b)
                .step("c", s -> c(s).completes(Fillable.class)),
            trip()
                .step("a", ChoreographyTest::a)
                .step("b", ChoreographyTest::b)
                .step("c", compensableC)
                .step("d", d));
    Set<String> fingerprints = new HashSet<>();
    declarations.forEach(declaration -> fingerprints.add(declaration.build().fingerprint()));
    assertThat(fingerprints).hasSameSizeAs(declarations);
  }

  @Test
  void another_start_event_changes_the_fingerprint() {
    Consumer<Step.Declaration> only =
        step -> step.ownedBy("alpha").completes(CompletedA.class).fails(FailedA.class);
    assertThat(trip().step("a", only.andThen(s -> s.after(Started.class))).build().fingerprint())
        .isNotEqualTo(
            Choreography.named("trip")
                .startedBy(Fillable.class)
                .step("a", only.andThen(s -> s.after(Fillable.class)))
                .build()
                .fingerprint());
  }

  // What is refused

  @Test
  void all_problems_are_told_at_once() {
    Choreography.Builder declaration =
        Choreography.named("Trip")
            .version(0)
            .deadline(Duration.ZERO)
            .startedBy(Empty.class)
            .step("a", s -> s.after(CompletedB.class).completes(CompletedA.class))
            .step(
                "b",
                s ->
                    s.ownedBy("beta")
                        .after(CompletedA.class)
                        .completes(CompletedB.class)
                        .fails(WithoutReason.class));
    assertThat(problems(declaration))
        .containsExactly(
            "its name 'Trip' does not match [a-z][a-z0-9_]*",
            "its version is 0, versions begin at 1",
            "its deadline PT0S is not positive",
            "event empty does not begin with a string field saga_id",
            "step a has no owner, say ownedBy(participant)",
            "step a has no failed event, say fails(event)",
            "step b: event without_reason has no string field reason, where the framework says why",
            "steps [a, b] are unreachable: they wait for one another in a cycle, or follow one that does");
    assertThatThrownBy(declaration::build)
        .message()
        .startsWith("choreography Trip cannot be built, 8 problem(s):")
        .hasLineCount(9);
  }

  @Test
  void a_choreography_without_start_or_steps_is_refused() {
    assertThat(problems(Choreography.named("trip")))
        .containsExactly(
            "it has no step, say step(name, ...)", "it has no start event, say startedBy(event)");
  }

  @Test
  void a_missing_start_event_is_told_once_and_not_for_each_step_that_follows_it() {
    assertThat(
            problems(
                Choreography.named("trip")
                    .step("a", ChoreographyTest::a)
                    .step("b", ChoreographyTest::b)
                    .step("c", ChoreographyTest::c)))
        .containsExactly("it has no start event, say startedBy(event)");
  }

  @Test
  void more_than_twenty_steps_are_refused() {
    Choreography.Builder declaration = trip();
    for (int i = 0; i < 21; i++) {
      declaration.step("s" + i, ChoreographyTest::a);
    }
    assertThat(problems(declaration)).contains("it has 21 steps, at most 20 are possible");
  }

  @Test
  void a_step_without_owner_events_or_predecessor_is_refused() {
    assertThat(problems(trip().step("a", s -> {})))
        .containsExactly(
            "step a has no owner, say ownedBy(participant)",
            "step a follows nothing, say after(event)",
            "step a has no completed event, say completes(event)",
            "step a has no failed event, say fails(event)");
  }

  @Test
  void names_that_could_not_be_part_of_a_topic_or_row_are_refused() {
    assertThat(
            problems(
                trip().step("Book it", last(s -> s.after(Started.class).ownedBy("the hotel")))))
        .containsExactly(
            "step 'Book it': its name does not match [a-z][a-z0-9_]*",
            "step Book it: its owner's name 'the hotel' does not match [a-zA-Z0-9][a-zA-Z0-9._-]*");
  }

  @Test
  void two_steps_of_one_name_are_refused() {
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step("a", ChoreographyTest::b)
                    .step("c", ChoreographyTest::c)))
        .containsExactly("two steps are named a, give each its own name");
  }

  @Test
  void an_event_used_twice_is_refused() {
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step("b", last(s -> s.after(CompletedA.class).fails(FailedA.class)))))
        .containsExactly("event failed_a is used twice: where step a fails and where step b fails");
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step("b", last(s -> s.after(CompletedA.class).completes(Started.class)))))
        .contains("event started is used twice: as the start event and where step b completes");
  }

  @Test
  void two_classes_that_would_share_a_topic_are_refused() {
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step(
                        "b",
                        last(
                            s ->
                                s.after(CompletedA.class)
                                    .completes(
                                        dev.choreography.testevents.elsewhere.CompletedA.class)))))
        .containsExactly(
            "dev.choreography.testevents.CompletedA and dev.choreography.testevents.elsewhere.CompletedA would share the topic completed_a, rename one of them");
  }

  @Test
  void an_event_that_would_share_the_control_topic_is_refused() {
    assertThat(
            problems(
                trip()
                    .step(
                        "a",
                        s ->
                            s.ownedBy("alpha")
                                .after(Started.class)
                                .completes(TripControl.class)
                                .fails(FailedA.class))))
        .containsExactly("event trip_control has the name of the control topic");
  }

  @Test
  void an_event_that_does_not_begin_with_the_sagas_id_is_refused() {
    for (Class<? extends SpecificRecord> event :
        List.of(Empty.class, SagaIdSecond.class, SagaIdNumber.class)) {
      assertThat(problems(trip().step("a", last(s -> s.after(Started.class).completes(event)))))
          .containsExactly(
              "event %s does not begin with a string field saga_id".formatted(EventType.of(event)));
    }
  }

  @Test
  void a_failed_or_compensated_event_that_cannot_say_why_is_refused() {
    assertThat(
            problems(
                trip()
                    .step("a", s -> a(s).fails(WithoutReason.class).compensates(ReasonNumber.class))
                    .step("b", last(s -> s.after(CompletedA.class)))))
        .containsExactly(
            "step a: event without_reason has no string field reason, where the framework says why",
            "step a: event reason_number has no string field reason, where the framework says why");
  }

  @Test
  void a_failed_event_that_only_the_business_can_fill_is_refused() {
    assertThat(
            problems(trip().step("a", last(s -> s.after(Started.class).fails(Unfillable.class)))))
        .containsExactly(
            "step a: the framework emits unfillable too and cannot fill code, seat, give each a default");
  }

  @Test
  void a_step_that_follows_what_no_step_completes_is_refused() {
    assertThat(
            problems(
                trip().step("a", ChoreographyTest::a).step("b", last(s -> s.after(FailedA.class)))))
        .containsExactly(
            "step b is unreachable: it follows failed_a, which is neither the start event nor a step's completed event");
  }

  @Test
  void a_cycle_is_refused_along_with_what_follows_it() {
    Consumer<Step.Declaration> a =
        s ->
            s.ownedBy("alpha")
                .after(CompletedA.class)
                .completes(CompletedA.class)
                .fails(FailedA.class);
    assertThat(problems(trip().step("a", a).step("b", last(s -> s.after(CompletedA.class)))))
        .containsExactly(
            "steps [a, b] are unreachable: they wait for one another in a cycle, or follow one that does");
  }

  @Test
  void a_predecessor_that_is_implied_or_named_twice_is_refused() {
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step("b", last(s -> s.after(Started.class, CompletedA.class)))))
        .containsExactly(
            "step b follows the start event started beside others, which imply it: leave it out");
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step("b", last(s -> s.after(CompletedA.class, CompletedA.class)))))
        .containsExactly("step b follows completed_a twice, say it once");
  }

  @Test
  void a_step_that_can_be_told_to_undo_needs_a_compensated_event() {
    Consumer<Step.Declaration> a = last(s -> s.after(Started.class));
    assertThat(problems(trip().step("a", a).step("b", ChoreographyTest::b)))
        .contains(
            "step a can be told to undo and has no compensated event, say compensates(event)");
  }

  @Test
  void a_step_that_is_never_told_to_undo_has_no_compensated_event() {
    assertThat(
            problems(
                trip()
                    .step("a", ChoreographyTest::a)
                    .step(
                        "b", last(s -> s.after(CompletedA.class).compensates(CompensatedB.class)))))
        .containsExactly(
            "step b has neither a successor nor a parallel step, so it is never told to undo and its compensated event compensated_b is superfluous");
  }
}
