// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.testkit.trip.CarFreed;
import dev.choreography.testkit.trip.CarHeld;
import dev.choreography.testkit.trip.CarRefused;
import dev.choreography.testkit.trip.PaymentRefused;
import dev.choreography.testkit.trip.RoomFreed;
import dev.choreography.testkit.trip.RoomHeld;
import dev.choreography.testkit.trip.RoomRefused;
import dev.choreography.testkit.trip.SeatFreed;
import dev.choreography.testkit.trip.SeatHeld;
import dev.choreography.testkit.trip.SeatRefused;
import dev.choreography.testkit.trip.TripAsked;
import dev.choreography.testkit.trip.TripPaid;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** Three trips, and fakes for their steps: whoever holds something takes it from a stock. */
final class Trips {

  /** The trip of the Distributed Sagas talk: a fork and a join. */
  static final Choreography PARALLEL =
      Choreography.named("parallel_trip")
          .startedBy(TripAsked.class)
          .step("room", step -> room(step).after(TripAsked.class))
          .step("car", step -> car(step).after(TripAsked.class))
          .step("seat", step -> seat(step).after(TripAsked.class))
          .step(
              "payment", step -> payment(step).after(RoomHeld.class, CarHeld.class, SeatHeld.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  /** A seat, then a room and a car side by side. */
  static final Choreography FORKED =
      Choreography.named("forked_trip")
          .startedBy(TripAsked.class)
          .step("seat", step -> seat(step).after(TripAsked.class))
          .step("room", step -> room(step).after(SeatHeld.class))
          .step("car", step -> car(step).after(SeatHeld.class))
          .step("payment", step -> payment(step).after(RoomHeld.class, CarHeld.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  /** One after another. */
  static final Choreography CHAIN =
      Choreography.named("chained_trip")
          .startedBy(TripAsked.class)
          .step("seat", step -> seat(step).after(TripAsked.class))
          .step("room", step -> room(step).after(SeatHeld.class))
          .step("payment", step -> payment(step).after(RoomHeld.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  /** Of a thing, enough for most. */
  static final int STOCK = 85;

  /** Of a thing, enough for all. */
  private static final int ENOUGH = 1_000;

  /**
   * All faults that a restored database may meet. What a step decides must be the same when it is
   * asked again: so nobody cancels, no deadline passes, and no handler throws.
   */
  static final Faults RESTORED =
      Faults.usual()
          .withRestores(0.3)
          .withAbsences(0)
          .withCancels(0)
          .withDeadlines(0)
          .withErrors(0);

  private Trips() {}

  private static Step.Declaration room(Step.Declaration step) {
    return step.ownedBy("hotel")
        .completes(RoomHeld.class)
        .fails(RoomRefused.class)
        .compensates(RoomFreed.class);
  }

  private static Step.Declaration car(Step.Declaration step) {
    return step.ownedBy("rental")
        .completes(CarHeld.class)
        .fails(CarRefused.class)
        .compensates(CarFreed.class);
  }

  private static Step.Declaration seat(Step.Declaration step) {
    return step.ownedBy("airline")
        .completes(SeatHeld.class)
        .fails(SeatRefused.class)
        .compensates(SeatFreed.class);
  }

  private static Step.Declaration payment(Step.Declaration step) {
    return step.ownedBy("bank").completes(TripPaid.class).fails(PaymentRefused.class);
  }

  /** The world of {@link #PARALLEL} and {@link #FORKED}. */
  static void parallel(World world) {
    chain(world);
    world.hosts(
        "car", holding(world, "cars", id -> new CarHeld(id, "car"), Trips::noCar, Trips::carFreed));
  }

  /** The world of {@link #CHAIN}. */
  static void chain(World world) {
    world
        .starts(id -> new TripAsked(id, "somebody"))
        .hosts(
            "room",
            holding(
                world, "rooms", id -> new RoomHeld(id, "room"), Trips::noRoom, Trips::roomFreed))
        .hosts(
            "seat",
            holding(
                world, "seats", id -> new SeatHeld(id, "seat"), Trips::noSeat, Trips::seatFreed))
        .hosts("payment", paying(world));
  }

  /**
   * The world of {@link #PARALLEL} and {@link #FORKED} in which whoever is asked again answers the
   * same: there is enough of everything, and refusals depend on the saga alone.
   */
  static void repeatable(World world) {
    repeatableChain(world);
    world.hosts(
        "car",
        new Refusing(
            world,
            "car",
            holding(
                world,
                "cars",
                ENOUGH,
                id -> new CarHeld(id, "car"),
                Trips::noCar,
                Trips::carFreed)));
  }

  /** The world of {@link #CHAIN} in which whoever is asked again answers the same. */
  static void repeatableChain(World world) {
    world
        .starts(id -> new TripAsked(id, "somebody"))
        .hosts(
            "room",
            new Refusing(
                world,
                "room",
                holding(
                    world,
                    "rooms",
                    ENOUGH,
                    id -> new RoomHeld(id, "room"),
                    Trips::noRoom,
                    Trips::roomFreed)))
        .hosts(
            "seat",
            new Refusing(
                world,
                "seat",
                holding(
                    world,
                    "seats",
                    ENOUGH,
                    id -> new SeatHeld(id, "seat"),
                    Trips::noSeat,
                    Trips::seatFreed)))
        .hosts("payment", paying(world));
  }

  /** Refuses some sagas, always the same, and holds enough for all others. */
  private record Refusing(World world, String step, Holding holding)
      implements StepHandler<SpecificRecord, SpecificRecord> {

    @Override
    public Outcome execute(SpecificRecord request, StepContext saga) {
      Outcome outcome = holding.execute(request, saga);
      return world.happens(0.1, saga.sagaId(), step)
          ? Outcome.rejected(holding.refused().apply(saga.sagaId()))
          : outcome;
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga) {
      return holding.compensate(completed, saga);
    }
  }

  private static SpecificRecord noRoom(String sagaId) {
    return new RoomRefused(sagaId, "fully booked");
  }

  private static SpecificRecord roomFreed(String sagaId) {
    return new RoomFreed(sagaId, "given back");
  }

  private static SpecificRecord noCar(String sagaId) {
    return new CarRefused(sagaId, "all are out");
  }

  private static SpecificRecord carFreed(String sagaId) {
    return new CarFreed(sagaId, "given back");
  }

  private static SpecificRecord noSeat(String sagaId) {
    return new SeatRefused(sagaId, "sold out");
  }

  private static SpecificRecord seatFreed(String sagaId) {
    return new SeatFreed(sagaId, "given back");
  }

  /** Holds a thing for each saga; what is held and what is free stays the same in sum. */
  static Holding holding(
      World world,
      String things,
      Function<String, SpecificRecord> held,
      Function<String, SpecificRecord> refused,
      Function<String, SpecificRecord> freed) {
    return holding(world, things, STOCK, held, refused, freed);
  }

  private static Holding holding(
      World world,
      String things,
      int number,
      Function<String, SpecificRecord> held,
      Function<String, SpecificRecord> refused,
      Function<String, SpecificRecord> freed) {
    Map<String, Integer> stock = world.table();
    Map<String, String> holders = world.table();
    stock.put(things, number);
    world.conserves(things, () -> stock.get(things) + holders.size());
    return new Holding(things, stock, holders, held, refused, freed);
  }

  record Holding(
      String things,
      Map<String, Integer> stock,
      Map<String, String> holders,
      Function<String, SpecificRecord> held,
      Function<String, SpecificRecord> refused,
      Function<String, SpecificRecord> freed)
      implements StepHandler<SpecificRecord, SpecificRecord> {

    @Override
    public Outcome execute(SpecificRecord request, StepContext saga) {
      // Taken first and looked at later, so that a rejection has something to undo.
      int left = stock.merge(things, -1, Integer::sum);
      if (left < 0) {
        return Outcome.rejected(refused.apply(saga.sagaId()));
      }
      holders.put(saga.sagaId(), things);
      return Outcome.completed(held.apply(saga.sagaId()));
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga) {
      if (holders.remove(saga.sagaId()) == null) {
        throw new IllegalStateException("%s holds none of the %s".formatted(saga, things));
      }
      stock.merge(things, 1, Integer::sum);
      return freed.apply(saga.sagaId());
    }
  }

  private static StepHandler<SpecificRecord, TripPaid> paying(World world) {
    return (request, saga) ->
        world.happens(0.1, saga.sagaId(), "payment")
            ? Outcome.rejected(new PaymentRefused(saga.sagaId(), "no money"))
            : Outcome.completed(new TripPaid(saga.sagaId(), "receipt"));
  }
}
