// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static dev.choreography.acceptance.KafkaConversation.OFFSET_COMMIT;
import static dev.choreography.acceptance.KafkaConversation.produce;
import static dev.choreography.acceptance.PostgresConversation.COMMIT;
import static dev.choreography.acceptance.PostgresConversation.COMMITTED;
import static dev.choreography.acceptance.Service.CAR;
import static dev.choreography.acceptance.Service.FLIGHT;
import static dev.choreography.acceptance.Service.HOTEL;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each service is killed, or loses a connection, at the moments that hurt. A proxy holds the
 * message that makes the moment; what the world looks like then is asserted, so that the moment is
 * known to have been it.
 */
class CrashIT {

  private static final Duration SOON = Duration.ofSeconds(40);

  private static TripSystem system;
  private static final Map<Service, ServiceProcess> RUNNING = new EnumMap<>(Service.class);
  private static int starts;
  private Trap carIsSlow = new Trap("nothing", said -> false);
  private final List<Ambush> ambushes = new ArrayList<>();

  /** When it happens, and what. */
  enum Moment {
    KILLED_BEFORE_THE_COMMIT,
    CUT_OFF_AND_THE_COMMIT_LOST,
    KILLED_WHILE_THE_ANSWER_TO_THE_COMMIT_IS_UNDER_WAY,
    CUT_OFF_AND_THE_ANSWER_TO_THE_COMMIT_LOST,
    KILLED_BEFORE_PUBLISHING,
    KILLED_AFTER_PUBLISHING
  }

  @BeforeAll
  static void start() {
    system = TripSystem.start("crash", 2);
    for (Service service : Service.values()) {
      startAgain(service);
    }
    RUNNING.values().forEach(ServiceProcess::awaitUp);
    system.awaitSharedBy(1);
  }

  @AfterAll
  static void close() {
    system.close();
  }

  @AfterEach
  void letGo() {
    carIsSlow.cut();
    ambushes.forEach(Ambush::lift);
  }

  private static void startAgain(Service service) {
    RUNNING.put(service, system.startBehindProxies(service, String.valueOf(++starts)));
  }

  @ParameterizedTest
  @EnumSource
  void a_step_that_was_interrupted_while_booking_books_exactly_once(Moment moment) {
    Booking atCar = Booking.of(moment + " booking a car");
    Booking atHotel = Booking.of(moment + " booking a hotel");
    Booking atFlight = Booking.of(moment + " booking a flight");
    // The last first: each is held where it is while the others still work for the next.
    ambush(CAR, moment, CAR.books, CAR.completed, atCar);
    ambush(HOTEL, moment, HOTEL.books, HOTEL.completed, atHotel);
    ambush(FLIGHT, moment, FLIGHT.books, FLIGHT.completed, atFlight);
    bookBystanders(moment + " booking");
    strike();
    assertThatAllIsWell();
    if (moment == Moment.KILLED_AFTER_PUBLISHING) {
      assertThatIsRepeated(CAR.completed, atCar);
      assertThatIsRepeated(HOTEL.completed, atHotel);
      assertThatIsRepeated(FLIGHT.completed, atFlight);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_step_that_was_interrupted_while_refusing_or_undoing_undoes_exactly_once(Moment moment) {
    Booking atCar = Booking.of(moment + " refusing a car").withLocation("NOWHERE");
    Booking atHotel = Booking.of(moment + " undoing a hotel").withLocation("NOWHERE");
    Booking atFlight = Booking.of(moment + " undoing a flight").withHotel("NO-HOTEL");
    // The car waits while the others still work for it, so that all three can be held at once.
    carIsSlow = system.postgresProxy(CAR).hold("the car", said -> isCommitOf(said, atHotel));
    system.book(atHotel);
    carIsSlow.awaitSprung();
    system.book(atCar);
    awaitPublished(HOTEL.completed, atCar);
    ambush(FLIGHT, moment, FLIGHT.undoes, FLIGHT.compensated, atFlight);
    Ambush hotel = new Ambush(HOTEL, moment, HOTEL.undoes, HOTEL.compensated, atHotel);
    Ambush car = new Ambush(CAR, moment, "INTO choreography_outbox", CAR.failed, atCar);
    ambushes.addAll(List.of(hotel, car));
    carIsSlow.release();
    car.awaitMoment();
    hotel.awaitMoment();
    bookBystanders(moment + " undoing");
    strike();
    assertThatAllIsWell();
  }

  private static boolean isCommitOf(String said, Booking booking) {
    return said.startsWith(COMMIT) && said.contains(booking.sagaId());
  }

  /** Alone, or in one statement with what is added. */
  private static boolean forgets(String said) {
    return said.startsWith("DELETE FROM choreography_outbox")
        || said.startsWith("WITH forgotten AS (DELETE FROM choreography_outbox");
  }

  private static void awaitPublished(String topic, Booking booking) {
    Awaitility.await("%s of %s is published".formatted(topic, booking))
        .atMost(SOON)
        .until(() -> isPublished(topic, booking));
  }

  private static boolean isPublished(String topic, Booking booking) {
    return !system.log().of(topic, booking.sagaId()).isEmpty();
  }

  private void ambush(Service service, Moment moment, String work, String topic, Booking booking) {
    Ambush ambush = new Ambush(service, moment, work, topic, booking);
    ambushes.add(ambush);
    system.book(booking);
    ambush.awaitMoment();
  }

  /** Sagas of both kinds that are under way when it happens. */
  private static void bookBystanders(String name) {
    for (int i = 0; i < 4; i++) {
      Booking booking = Booking.of("%s bystander %d".formatted(name, i));
      system.book(i % 2 == 0 ? booking : booking.withLocation("NOWHERE"));
    }
  }

  private void strike() {
    ambushes.forEach(Ambush::strike);
    ambushes.forEach(Ambush::recover);
    ambushes.clear();
  }

  private static void assertThatAllIsWell() {
    Verdict verdict = system.awaitVerdict(SOON);
    assertThat(verdict.violations()).isEmpty();
  }

  private static void assertThatIsRepeated(String topic, Booking booking) {
    assertThat(system.log().of(topic, booking.sagaId()))
        .as("%s of %s, published before the kill and after it", topic, booking)
        .hasSizeGreaterThan(1);
  }

  /** One service, held at one moment of the work on one saga. */
  private static final class Ambush {
    private final Service service;
    private final Moment moment;
    private final String topic;
    private final Booking booking;
    private final List<Trap> traps = new ArrayList<>();

    Ambush(Service service, Moment moment, String work, String topic, Booking booking) {
      this.service = service;
      this.moment = moment;
      this.topic = topic;
      this.booking = booking;
      String name = "%s of %s".formatted(moment, service);
      Predicate<String> ofTheWork = said -> said.contains(work) && said.contains(booking.sagaId());
      TcpProxy postgres = system.postgresProxy(service);
      TcpProxy kafka = system.kafkaProxy(service);
      switch (moment) {
        case KILLED_BEFORE_THE_COMMIT, CUT_OFF_AND_THE_COMMIT_LOST ->
            traps.add(atTheCommit(name, ofTheWork));
        case KILLED_WHILE_THE_ANSWER_TO_THE_COMMIT_IS_UNDER_WAY,
            CUT_OFF_AND_THE_ANSWER_TO_THE_COMMIT_LOST ->
            traps.add(postgres.hold(name, ofTheWork.and(said -> said.startsWith(COMMITTED))));
        case KILLED_BEFORE_PUBLISHING ->
            traps.add(
                kafka.hold(
                    name,
                    said -> said.contains(produce(topic)) && said.contains(booking.sagaId())));
        case KILLED_AFTER_PUBLISHING -> traps.add(atTheCommit(name, ofTheWork));
      }
    }

    private Trap atTheCommit(String name, Predicate<String> ofTheWork) {
      return system
          .postgresProxy(service)
          .hold(name, ofTheWork.and(said -> said.startsWith(COMMIT)));
    }

    /** Until it is held there, and the databases and topics are as they are at that moment. */
    void awaitMoment() {
      traps.get(0).awaitSprung();
      if (moment == Moment.KILLED_AFTER_PUBLISHING) {
        publishAndNoMore();
      }
      switch (moment) {
        case KILLED_BEFORE_THE_COMMIT, CUT_OFF_AND_THE_COMMIT_LOST -> {
          assertThat(isCommitted()).as("committed").isFalse();
          assertThat(isPublished()).as("published").isFalse();
        }
        case KILLED_WHILE_THE_ANSWER_TO_THE_COMMIT_IS_UNDER_WAY,
            CUT_OFF_AND_THE_ANSWER_TO_THE_COMMIT_LOST,
            KILLED_BEFORE_PUBLISHING -> {
          assertThat(isCommitted()).as("committed").isTrue();
          assertThat(isPublished()).as("published").isFalse();
        }
        case KILLED_AFTER_PUBLISHING -> assertThat(isCommitted()).as("in the outbox").isTrue();
      }
    }

    /** From the held commit on: what follows the publishing is held. */
    private void publishAndNoMore() {
      Trap commit = traps.get(0);
      Trap offsets = system.kafkaProxy(service).hold("offsets of " + topic, OFFSET_COMMIT::equals);
      traps.add(offsets);
      traps.add(system.postgresProxy(service).hold("outbox of " + topic, CrashIT::forgets));
      commit.release();
      awaitPublished(topic, booking);
      offsets.awaitSprung();
    }

    private boolean isCommitted() {
      return system.number(
              service,
              "SELECT count(*) FROM choreography_outbox WHERE topic = ? AND saga_id = ?",
              topic,
              booking.sagaId())
          == 1;
    }

    private boolean isPublished() {
      return CrashIT.isPublished(topic, booking);
    }

    void strike() {
      if (survives()) {
        lift();
      } else {
        Objects.requireNonNull(RUNNING.get(service)).kill();
        lift();
      }
    }

    private boolean survives() {
      return moment == Moment.CUT_OFF_AND_THE_COMMIT_LOST
          || moment == Moment.CUT_OFF_AND_THE_ANSWER_TO_THE_COMMIT_LOST;
    }

    void lift() {
      traps.forEach(Trap::cut);
    }

    void recover() {
      if (!survives()) {
        startAgain(service);
      }
    }
  }
}
