// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.RetryPolicy;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.control.Cancel;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Topic;
import dev.choreography.testevents.Started;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Time on the real stack: three participants, one partition for everything. */
@Timeout(180)
class TimeTest {

  private static final Logger LOG = LoggerFactory.getLogger(TimeTest.class);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Choreography TRIPS = Sagas.chain("trips", "flights", "hotels", "cars");

  private static final Map<String, String> OWNERS =
      Map.of("a", "flights", "b", "hotels", "c", "cars");

  private static final StepOptions OPTIONS =
      StepOptions.defaults()
          .withExecution(
              RetryPolicy.defaults()
                  .withAttempts(1_000)
                  .withPauses(Duration.ofMillis(200), Duration.ofSeconds(5)))
          .withTimeLimit(Duration.ofSeconds(2));

  private static final AtomicBoolean BROKEN = new AtomicBoolean(true);
  private static final CountDownLatch END = new CountDownLatch(1);
  private static final Map<String, List<Long>> CALLS = new ConcurrentHashMap<>();
  private static final Map<String, HikariDataSource> DATABASES = new ConcurrentHashMap<>();
  private static final Map<String, Participant> PARTICIPANTS = new ConcurrentHashMap<>();

  private static LocalEnvironment environment;
  private static Properties kafka;
  private static Topic topics;
  private static KafkaCodec codec;

  @BeforeAll
  static void open() throws Exception {
    environment = LocalEnvironment.start();
    kafka = RealPrograms.kafka(environment);
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, TRIPS, 1, (short) 1);
    }
    topics = Topic.on(kafka);
    codec = new KafkaCodec(KafkaSettings.of(kafka));
    for (String step : OWNERS.keySet()) {
      HikariDataSource database = RealPrograms.pool(environment.createDatabase(owner(step)));
      DATABASES.put(step, database);
      execute(
          step,
          "CREATE TABLE seats (saga_id text PRIMARY KEY, confirmed boolean NOT NULL DEFAULT false)");
      startParticipant(step);
    }
  }

  private static String owner(String step) {
    return Objects.requireNonNull(OWNERS.get(step));
  }

  private static HikariDataSource database(String step) {
    return Objects.requireNonNull(DATABASES.get(step));
  }

  private static void startParticipant(String step) {
    PARTICIPANTS.put(
        step,
        Participant.named(owner(step))
            .hosts(
                TRIPS,
                step,
                step.equals("c") ? new Last(TRIPS.step(step)) : new Seat(TRIPS.step(step)),
                OPTIONS)
            .database(database(step))
            .kafka(kafka)
            .start());
  }

  @AfterAll
  static void close() {
    END.countDown();
    PARTICIPANTS.values().forEach(Participant::close);
    DATABASES.values().forEach(HikariDataSource::close);
    topics.close();
    environment.close();
  }

  @Test
  void a_saga_whose_hotel_is_away_past_the_deadline_is_compensated_when_it_is_back()
      throws Exception {
    Objects.requireNonNull(PARTICIPANTS.get("b")).close();
    start("away", Duration.ofSeconds(2));
    await("the flight asks that the saga be cancelled")
        .until(() -> topics.records("trips_control", "away").size() == 1);
    assertThat(state("a", "away")).as("nobody decides for the hotel").isEqualTo("COMPLETED");
    assertThat(seats("a", "away")).isEqualTo(1);
    startParticipant("b");
    await("the saga is compensated").until(() -> state("a", "away").equals("COMPENSATED"));
    assertThat(state("b", "away")).isIn("FAILED", "SKIPPED");
    assertThat(seats("a", "away")).isZero();
    assertThat(seats("b", "away")).isZero();
  }

  @Test
  void a_step_that_keeps_failing_is_parked_and_an_operators_event_has_it_tried_again()
      throws Exception {
    String id = "parks";
    start(id, TRIPS.deadline());
    awaitParked(id, 1);
    Instant deadline = Instant.now().plus(TRIPS.deadline());
    command(new Retry(id, "a", 1, "ann", ""), deadline);
    awaitParked(id, 2);
    BROKEN.set(false);
    // Meant for the first parking, which has been answered: it changes nothing.
    command(new Resolve(id, "a", 1, "ann", "too late"), deadline);
    command(new Retry(id, "a", 2, "ann", ""), deadline);
    await("the saga is compensated").until(() -> state("a", id).equals("COMPENSATED"));
    assertThat(seats("a", id)).isZero();
    assertThat(topics.records("trips_control", id)).hasSize(5);
  }

  private static void awaitParked(String id, int times) {
    await("parked for the %d. time".formatted(times))
        .until(
            () ->
                count(
                        "a",
                        "SELECT count(*) FROM choreography_journal WHERE saga_id = '%s' AND state = 'PARKED' AND parked = %d"
                            .formatted(id, times))
                    == 1);
    await("and told").until(() -> topics.records("trips_control", id).size() == 2 * times - 1);
  }

  @Test
  void a_short_pause_is_a_short_pause() throws Exception {
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String id = "error 2 pause " + i;
      start(id, Duration.ofMinutes(1));
      await(id).until(() -> state("a", id).equals("CONFIRMED"));
      List<Long> calls = Objects.requireNonNull(CALLS.get(id));
      // A batch that was too swift calls once more, at once, and that counts as no try.
      assertThat(calls).hasSizeBetween(2, 3);
      int last = calls.size() - 1;
      pauses.add(TimeUnit.NANOSECONDS.toMillis(calls.get(last) - calls.get(last - 1)));
    }
    LOG.warn("pauses of 200 ms, give or take a fifth, took {}", pauses);
    assertThat(Collections.min(pauses)).as("of %s", pauses).isBetween(155L, 500L);
  }

  @Test
  void a_thousand_retries_waiting_do_not_delay_the_other_sagas_of_their_partition()
      throws Exception {
    millisFor("warm up", 600);
    long before = Math.min(millisFor("before 1", 300), millisFor("before 2", 300));
    for (int i = 0; i < 1_000; i++) {
      start("error 1000 stuck " + i, Duration.ofSeconds(60));
    }
    await("a thousand wait")
        .until(
            () ->
                count("a", "SELECT count(*) FROM choreography_journal WHERE state = 'RETRYING'")
                    >= 1_000);
    long with = Math.min(millisFor("after 1", 300), millisFor("after 2", 300));
    assertThat(count("a", "SELECT count(*) FROM choreography_journal WHERE state = 'RETRYING'"))
        .as("they still wait")
        .isGreaterThan(900);
    double ratio = (double) with / before;
    LOG.warn("300 sagas: {} ms, with a thousand retries waiting {} ms: {}", before, with, ratio);
    assertThat(ratio).isLessThan(4);
  }

  @Test
  void a_handler_that_hangs_does_not_stop_its_partition() throws Exception {
    start("hangs", Duration.ofSeconds(8));
    for (int i = 0; i < 20; i++) {
      start("beside it " + i, Duration.ofMinutes(1));
    }
    await("the others are done")
        .until(
            () ->
                count(
                        "a",
                        "SELECT count(*) FROM choreography_journal WHERE saga_id LIKE 'beside it%' AND state = 'CONFIRMED'")
                    == 20);
    await("the one that hangs fails").until(() -> state("a", "hangs").equals("FAILED"));
    assertThat(seats("a", "hangs")).isZero();
  }

  @Test
  void a_cancel_at_any_moment_leaves_one_of_the_two_endings_and_nothing_in_between()
      throws Exception {
    int sagas = 1_000;
    Random random = new Random(11);
    Instant deadline = Instant.now().plus(TRIPS.deadline());
    for (int i = 0; i < sagas; i += 50) {
      // Of each two one is cancelled as soon as it has begun, so that no machine is too fast.
      for (int j = i; j < i + 50; j++) {
        start("race " + j, TRIPS.deadline());
        if (j % 2 == 0) {
          TimeUnit.MICROSECONDS.sleep(random.nextInt(20_000));
          cancel("race " + j, deadline);
        }
      }
      for (int j = i + 1; j < i + 50; j += 2) {
        cancel("race " + j, deadline);
        TimeUnit.MICROSECONDS.sleep(random.nextInt(6_000));
      }
    }
    String undecided =
        "SELECT count(*) FROM choreography_journal WHERE saga_id LIKE 'race %' AND state IN ('NONE', 'WAITING', 'COMPLETED')";
    String ended = "SELECT count(*) FROM choreography_journal WHERE saga_id LIKE 'race %'";
    for (String step : OWNERS.keySet()) {
      await("all have ended at " + step)
          .until(() -> count(step, ended) == sagas && count(step, undecided) == 0);
    }
    int completed = 0;
    for (int i = 0; i < sagas; i++) {
      String id = "race " + i;
      String states = state("a", id) + " " + state("b", id) + " " + state("c", id);
      int seats = seats("a", id) + seats("b", id) + seats("c", id);
      if (states.equals("CONFIRMED CONFIRMED CONFIRMED")) {
        assertThat(seats).as(id).isEqualTo(3);
        completed++;
      } else {
        assertThat(states)
            .as(id)
            .matches("(FAILED|SKIPPED|COMPENSATED) (FAILED|SKIPPED|COMPENSATED) FAILED");
        assertThat(seats).as(id).isZero();
      }
    }
    LOG.warn("of {} cancelled sagas {} completed all the same", sagas, completed);
    assertThat(completed).isBetween(20, sagas - 20);
  }

  @Test
  void a_sagas_own_deadline_is_positive_and_at_most_its_choreographys() {
    for (Duration wrong :
        List.of(Duration.ZERO, Duration.ofSeconds(-1), TRIPS.deadline().plusMillis(1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> start("never", wrong))
          .withMessageContaining("PT5M");
    }
  }

  private static long millisFor(String prefix, int sagas) throws Exception {
    long began = System.nanoTime();
    for (int i = 0; i < sagas; i++) {
      start(prefix + " " + i, TRIPS.deadline());
    }
    await(prefix)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                count(
                        "a",
                        "SELECT count(*) FROM choreography_journal WHERE saga_id LIKE '"
                            + prefix
                            + " %' AND state = 'CONFIRMED'")
                    == sagas);
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(PATIENCE);
  }

  private static void start(String sagaId, Duration deadline) throws SQLException {
    try (Connection connection = database("a").getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter.Started started =
          Objects.requireNonNull(PARTICIPANTS.get("a"))
              .starter(TRIPS)
              .start(connection, new Started(sagaId, ""), deadline);
      connection.commit();
      started.publish();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what does not arrive is missed later
  private static void cancel(String sagaId, Instant deadline) {
    command(new Cancel(sagaId, "a whim", "a customer"), deadline);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what does not arrive is missed later
  private static void command(SpecificRecord command, Instant deadline) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            TRIPS.controlTopic(),
            command.get(0).toString().getBytes(StandardCharsets.UTF_8),
            codec.encode(TRIPS.controlTopic(), command));
    Map.of(EventHeaders.CHOREOGRAPHY, TRIPS.id(), EventHeaders.DEADLINE, deadline.toString())
        .forEach((name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    topics.producer().send(record);
  }

  private static String state(String step, String sagaId) throws SQLException {
    try (Connection connection = database(step).getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT state FROM choreography_journal WHERE saga_id = ?")) {
      statement.setString(1, sagaId);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : "none";
      }
    }
  }

  private static int seats(String step, String sagaId) throws SQLException {
    return count(step, "SELECT count(*) FROM seats WHERE saga_id = '" + sagaId + "'");
  }

  private static int count(String step, String sql) throws SQLException {
    try (Connection connection = database(step).getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getInt(1);
    }
  }

  private static void execute(String step, String sql) throws SQLException {
    try (Connection connection = database(step).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Takes a seat; the saga's id says what goes wrong. */
  private static class Last implements StepHandler<SpecificRecord, SpecificRecord> {
    final Step step;

    Last(Step step) {
      this.step = step;
    }

    @Override
    public Outcome execute(SpecificRecord request, StepContext saga) throws Exception {
      String id = saga.sagaId();
      change(saga, "INSERT INTO seats VALUES (?)");
      if (step.name().equals("a")) {
        CALLS
            .computeIfAbsent(id, key -> Collections.synchronizedList(new ArrayList<>()))
            .add(System.nanoTime());
        if (id.startsWith("error ") && saga.attempt() < firstGoodAttempt(id)) {
          throw new IllegalStateException("not yet");
        }
        if (id.equals("hangs")) {
          END.await();
        }
      }
      return step.name().equals("c") && id.equals("parks")
          ? Outcome.rejected(Sagas.event(step.failed().type(), id, "no"))
          : Outcome.completed(Sagas.event(step.completed().type(), id, "done"));
    }

    private static int firstGoodAttempt(String id) {
      return id.startsWith("error 2 ") ? 2 : 1_000;
    }

    static void change(StepContext saga, String sql) throws SQLException {
      try (PreparedStatement statement = saga.connection().prepareStatement(sql)) {
        statement.setString(1, saga.sagaId());
        assertThat(statement.executeUpdate()).isEqualTo(1);
      }
    }
  }

  /** Gives it back, and confirms it. */
  private static final class Seat extends Last {
    Seat(Step step) {
      super(step);
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga) throws Exception {
      if (step.name().equals("a") && saga.sagaId().equals("parks") && BROKEN.get()) {
        throw new IllegalStateException("cannot be undone yet");
      }
      change(saga, "DELETE FROM seats WHERE saga_id = ?");
      return Sagas.event(
          Objects.requireNonNull(step.compensated()).type(), saga.sagaId(), "undone");
    }

    @Override
    public void confirm(SpecificRecord completed, StepContext saga) throws Exception {
      change(saga, "UPDATE seats SET confirmed = true WHERE saga_id = ? AND NOT confirmed");
    }
  }
}
