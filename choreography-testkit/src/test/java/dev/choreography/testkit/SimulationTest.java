// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.choreography.Outcome;
import dev.choreography.StepHandler;
import dev.choreography.testkit.Happening.Kind;
import dev.choreography.testkit.trip.RoomHeld;
import dev.choreography.testkit.trip.SeatHeld;
import dev.choreography.testkit.trip.TripAsked;
import dev.choreography.testkit.trip.TripPaid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SimulationTest {

  @Simulated(sagas = 50_000)
  void the_parallel_trip_keeps_all_guarantees_under_all_faults(Simulation simulation) {
    Simulation.Report report = simulation.run(Trips.PARALLEL, Trips::parallel);

    assertThat(report.sagas()).isEqualTo(50_000);
    assertThat(report.completed()).isBetween(30_000, 45_000);
    assertThat(report.faults()).isGreaterThan(15_000);
  }

  @Simulated
  void the_forked_trip_keeps_all_guarantees_under_all_faults(Simulation simulation) {
    Simulation.Report report = simulation.run(Trips.FORKED, Trips::parallel);

    assertThat(report.completed()).isBetween(6_000, 9_000);
  }

  @Simulated(sagas = 50_000)
  void the_chained_trip_keeps_all_guarantees_under_all_faults(Simulation simulation) {
    Simulation.Report report = simulation.run(Trips.CHAIN, Trips::chain);

    assertThat(report.completed()).isBetween(30_000, 45_000);
    assertThat(report.faults()).isGreaterThan(15_000);
  }

  @Simulated
  void a_restored_database_is_read_to_the_same_end_where_decisions_repeat(Simulation simulation) {
    Simulation.Report report =
        simulation.withFaults(Trips.RESTORED).run(Trips.FORKED, Trips::repeatable);

    assertThat(report.completed()).isBetween(5_500, 7_500);
  }

  @Test
  void without_faults_everything_completes_that_nobody_refuses() {
    Simulation.Report report =
        Simulation.defaults()
            .withSagas(1_000)
            .withFaults(Faults.none())
            .run(Trips.CHAIN, this::agreed);

    assertThat(report.completed()).isEqualTo(1_000);
    assertThat(report.faults()).isZero();
  }

  @Test
  void the_same_seed_has_the_same_happen_and_another_one_something_else() {
    assertThat(histories(5)).isEqualTo(histories(5)).isNotEqualTo(histories(6));
  }

  @Test
  void every_kind_of_fault_strikes_and_sagas_end_in_every_way() {
    Set<String> seen = new TreeSet<>();
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    Simulation.defaults()
        .withSagas(20_000)
        .with(
            looking(
                history ->
                    history
                        .happenings()
                        .forEach(
                            happening -> {
                              kinds.add(happening.kind());
                              if (happening.kind() == Kind.FAULT) {
                                seen.add(
                                    happening.subject().replaceAll("(away|open) for .*", "$1"));
                              } else if (happening.kind() != Kind.FAILED
                                  && happening.detail() != null) {
                                seen.add(happening.detail());
                              }
                              if (happening
                                  .subject()
                                  .matches("parked|retry|cancel|.* partitions of .*")) {
                                seen.add(happening.kind() + " " + happening.subject());
                              }
                            })))
        .run(Trips.PARALLEL, Trips::parallel);

    assertThat(kinds).isEqualTo(EnumSet.complementOf(EnumSet.of(Kind.LOST)));
    assertThat(seen)
        .contains(
            "crash before commit",
            "crash after commit, before all is published",
            "crash after publish, before the offsets are committed",
            "deadlock",
            "the reply to commit is lost",
            "away",
            "back",
            "taken for dead before its transaction",
            "taken for dead in its transaction",
            "taken for dead after commit, before it publishes",
            "taken for dead after publish, before the offsets are committed",
            "goes on",
            "partitions are divided anew",
            "gone for good",
            "a caller's transaction is open",
            "the caller's transaction is rolled back",
            "rejected",
            "exhausted",
            "cancelled",
            "deadline",
            "compensated",
            "skipped",
            "ASKED cancel",
            "EMITTED cancel",
            "EMITTED parked",
            "ASKED retry");
  }

  @Test
  void a_second_instance_is_left_out_where_it_is_not_to_blame() {
    ViolationError violation =
        catchThrowableOfType(
            ViolationError.class,
            () ->
                Simulation.defaults()
                    .withFaults(Faults.usual().withRebalances(0.1))
                    .with(looking("nothing happens", history -> "it does"))
                    .run(Trips.CHAIN, Trips::chain));

    assertThat(violation)
        .hasMessageContaining("1 of its 100 sagas and 0 of its faults are enough")
        .hasMessageNotContaining("/2");
  }

  @Test
  void what_a_fake_wrote_is_undone_with_its_transaction() {
    ViolationError violation =
        catchThrowableOfType(
            ViolationError.class,
            () ->
                Simulation.defaults()
                    .run(Trips.CHAIN, world -> countingIn(world, new HashSet<>())));

    assertThat(violation.guarantee()).isEqualTo("calls conserved");
    Simulation.defaults()
        .run(
            Trips.CHAIN,
            world -> {
              Map<String, Boolean> table = world.table();
              countingIn(world, asSet(table));
            });
  }

  @Test
  void a_world_without_a_handler_for_each_step_is_refused() {
    assertThatThrownBy(
            () ->
                Simulation.defaults()
                    .run(Trips.CHAIN, world -> world.starts(id -> new TripAsked(id, "x"))))
        .hasMessageContaining("world.hosts(\"seat\", handler)");
  }

  @Test
  void a_handler_that_does_not_fit_its_step_is_refused() {
    StepHandler<SpecificRecord, SpecificRecord> withoutUndo =
        (request, saga) -> Outcome.completed(request);

    assertThatThrownBy(
            () -> Simulation.defaults().run(Trips.CHAIN, world -> world.hosts("seat", withoutUndo)))
        .hasMessageContaining("override compensate");
  }

  @Test
  void a_fake_that_wants_a_connection_is_told_how_to_have_one() {
    ViolationError violation =
        catchThrowableOfType(
            ViolationError.class,
            () ->
                Simulation.defaults()
                    .withSagas(1)
                    .with(looking("is told", history -> failure(history)))
                    .run(
                        Trips.CHAIN,
                        world -> {
                          held(world);
                          world.hosts("payment", connected());
                        }));

    assertThat(violation).hasMessageContaining("world.database(\"bank\", dataSource)");
  }

  private static StepHandler<RoomHeld, TripPaid> connected() {
    return (held, saga) -> {
      throw new IllegalStateException("there is a connection: " + saga.connection());
    };
  }

  private static @Nullable String failure(History history) {
    return history.happenings().stream()
        .filter(happening -> happening.kind() == Kind.FAILED)
        .map(Happening::detail)
        .findFirst()
        .orElse(null);
  }

  private static Set<String> asSet(Map<String, Boolean> table) {
    return Collections.newSetFromMap(table);
  }

  /** Calls of the seat's handler, each once for a saga whose seat is executed. */
  private static void countingIn(World world, Set<String> called) {
    Map<String, String> executed = world.table();
    world
        .starts(id -> new TripAsked(id, "somebody"))
        .<TripAsked>fakes(
            "seat",
            0,
            asked -> {
              called.add(asked.getSagaId());
              executed.put(asked.getSagaId(), "seat");
              return new SeatHeld(asked.getSagaId(), "seat");
            })
        .<SeatHeld>fakes("room", 0.1, held -> new RoomHeld(held.getSagaId(), "room"))
        .<RoomHeld>fakes("payment", 0.1, held -> new TripPaid(held.getSagaId(), "receipt"))
        .conserves("calls", () -> called.size() - executed.size());
  }

  private void agreed(World world) {
    held(world);
    world.<RoomHeld>fakes("payment", 0, held -> new TripPaid(held.getSagaId(), "receipt"));
  }

  private static void held(World world) {
    world
        .starts(id -> new TripAsked(id, "somebody"))
        .<TripAsked>fakes("seat", 0, asked -> new SeatHeld(asked.getSagaId(), "seat"))
        .<SeatHeld>fakes("room", 0, held -> new RoomHeld(held.getSagaId(), "room"));
  }

  private static List<String> histories(long seed) {
    List<String> histories = new ArrayList<>();
    Simulation.defaults()
        .withSeed(seed)
        .withSagas(1_000)
        .with(looking(history -> histories.add(history.toString())))
        .run(Trips.PARALLEL, Trips::parallel);
    return histories;
  }

  private static Guarantee looking(Consumer<History> eyes) {
    return looking(
        "looked at",
        history -> {
          eyes.accept(history);
          return null;
        });
  }

  private static Guarantee looking(String name, Function<History, @Nullable String> judge) {
    return new Guarantees(name, judge);
  }
}
