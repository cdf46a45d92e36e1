// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testevents.AbsentCompleted;
import dev.choreography.testevents.AbsentFailed;
import dev.choreography.testevents.AbsentStarted;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.Started;
import dev.choreography.testevents.UnevenCompleted;
import dev.choreography.testevents.UnevenFailed;
import dev.choreography.testevents.UnevenStarted;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a participant refuses to start, and what it says. */
@ExtendWith(RealPrograms.class)
@Timeout(60)
class StartTest {

  private static final String NAME = "start";
  private static final Choreography SOUND = sound("sound", NAME);
  private static final Choreography SECOND = sound("sound", 2, NAME);

  private static final Choreography TWO_OWNERS =
      Choreography.named("two_owners")
          .startedBy(Started.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(Started.class)
                      .completes(CompletedA.class)
                      .fails(FailedA.class)
                      .compensates(CompensatedA.class))
          .step(
              "b",
              step ->
                  step.ownedBy("another")
                      .after(CompletedA.class)
                      .completes(CompletedB.class)
                      .fails(FailedB.class))
          .build();

  private static final Choreography ABSENT =
      Choreography.named("absent")
          .startedBy(AbsentStarted.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(AbsentStarted.class)
                      .completes(AbsentCompleted.class)
                      .fails(AbsentFailed.class))
          .build();

  private static final Choreography UNEVEN =
      Choreography.named("uneven")
          .startedBy(UnevenStarted.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(UnevenStarted.class)
                      .completes(UnevenCompleted.class)
                      .fails(UnevenFailed.class))
          .build();

  private static Properties kafka;
  private static HikariDataSource database;

  @BeforeAll
  static void open(LocalEnvironment environment) throws Exception {
    kafka = RealPrograms.kafka(environment);
    database = RealPrograms.pool(environment.createDatabase("start"));
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, SOUND, 3, (short) 1);
      Topics.create(admin, TWO_OWNERS, 3, (short) 1);
      admin
          .createTopics(
              List.of(
                  new NewTopic("uneven_started", 2, (short) 1),
                  new NewTopic("uneven_completed", 3, (short) 1),
                  new NewTopic("uneven_failed", 3, (short) 1)
                      .configs(Map.of("retention.ms", "60000")),
                  new NewTopic("uneven_control", 3, (short) 1)))
          .all()
          .get();
    }
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @BeforeEach
  void empty() throws Exception {
    RealPrograms.release(kafka, NAME);
    execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }

  private static Choreography sound(String name, String owner) {
    return sound(name, 1, owner);
  }

  private static Choreography sound(String name, int version, String owner) {
    return Choreography.named(name)
        .version(version)
        .startedBy(Started.class)
        .step(
            "a",
            step ->
                step.ownedBy(owner)
                    .after(Started.class)
                    .completes(CompletedA.class)
                    .fails(FailedA.class))
        .build();
  }

  private static ParticipantBuilder participant() {
    return Participant.named(NAME).database(database).kafka(kafka).patience(Duration.ZERO);
  }

  private static List<String> problems(ParticipantBuilder participant) {
    StartRefusedException refused =
        catchThrowableOfType(StartRefusedException.class, () -> participant.start().close());
    assertThat(refused).as("it refuses").isNotNull();
    assertThat(refused.problems()).allSatisfy(p -> assertThat(refused).hasMessageContaining(p));
    return refused.problems();
  }

  @Test
  void a_sound_participant_starts() {
    try (Participant started = participant().hosts(SOUND, "a", new DoA()).start()) {
      assertThat(started.health().steps()).isZero();
    }
  }

  @Test
  void a_participant_that_only_starts_sagas_needs_no_topic_but_theirs() {
    Participant.named("client").starts(SOUND).database(database).kafka(kafka).start().close();
  }

  @Test
  void two_instances_that_start_at_once_on_an_empty_database_both_start() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Participant>> starting = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        starting.add(threads.submit(() -> participant().hosts(SOUND, "a", new DoA()).start()));
      }
      for (Future<Participant> started : starting) {
        started.get().close();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void all_that_the_author_did_wrong_is_told_at_once() {
    List<String> problems =
        problems(
            Participant.named(NAME)
                .hosts(SOUND, "a", new DoA())
                .hosts(SOUND, "a", new DoA())
                .hosts(SOUND, "z", new DoA())
                .hosts(TWO_OWNERS, "b", new Mistyped())
                .workers(0));
    assertThat(problems)
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).contains("step a of sound", "hosted twice"),
            p -> assertThat(p).contains("sound", "no step z", "[a]"),
            p -> assertThat(p).contains("step b of two_owners", "owned by another, not by start"),
            p -> assertThat(p).contains("Mistyped", "never told to undo"),
            p -> assertThat(p).contains("request is Started", "declaration says CompletedA"),
            p -> assertThat(p).contains("completed event is CompletedA", "says CompletedB"),
            p -> assertThat(p).contains("step a of two_owners", "not hosted"),
            p -> assertThat(p).contains("workers is 0"),
            p -> assertThat(p).contains("no database"),
            p -> assertThat(p).contains("no Kafka"));
  }

  @Test
  void a_participant_with_nothing_to_do_and_one_without_compensation_are_refused() {
    assertThat(problems(participant())).singleElement().asString().contains("hosts no step");
    assertThat(problems(participant().hosts(TWO_OWNERS, "a", new DoA())))
        .singleElement()
        .asString()
        .contains("can be told to undo, override compensate");
  }

  @Test
  void all_that_is_wrong_around_it_is_told_at_once() throws Exception {
    try (HikariDataSource careless = careless()) {
      List<String> problems =
          problems(
              participant()
                  .database(careless)
                  .migrate(false)
                  .hosts(ABSENT, "a", new DoAnything())
                  .hosts(UNEVEN, "a", new DoAnything()));
      assertThat(problems)
          .satisfiesExactlyInAnyOrder(
              p -> assertThat(p).contains("synchronous_commit=off", "set it to on"),
              p -> assertThat(p).contains("lacks migration 1", "journal and outbox"),
              p -> assertThat(p).contains("topic absent_started does not exist"),
              p -> assertThat(p).contains("topic absent_completed does not exist"),
              p -> assertThat(p).contains("topic absent_failed does not exist"),
              p -> assertThat(p).contains("topic absent_control does not exist"),
              p ->
                  assertThat(p)
                      .contains("different numbers of partitions")
                      .contains("uneven_started=2", "uneven_failed=3"),
              p -> assertThat(p).contains("uneven_failed forgets after PT1M", "retention.ms"));
    } finally {
      execute("ALTER ROLE start RESET synchronous_commit");
    }
  }

  private static HikariDataSource careless() throws SQLException {
    execute("ALTER ROLE start SET synchronous_commit = off");
    HikariConfig config = new HikariConfig();
    database.copyStateTo(config);
    return new HikariDataSource(config);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_role_that_lacks_a_privilege_is_told_the_statement_that_grants_it(
      boolean migrate, LocalEnvironment environment) throws Exception {
    participant().hosts(SOUND, "a", new DoA()).start().close();
    String role = "start_app_" + migrate;
    Database admin = environment.adminDatabase();
    try (Connection root =
            DriverManager.getConnection(admin.jdbcUrl(), admin.user(), admin.password());
        Statement statement = root.createStatement()) {
      statement.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'app'");
      statement.execute("GRANT CONNECT ON DATABASE start TO " + role);
    }
    execute(
        "GRANT USAGE ON SCHEMA public TO %1$s; GRANT SELECT, INSERT, UPDATE, DELETE ON choreography_journal, choreography_position, choreography_hosted, choreography_identity, choreography_history TO %1$s; GRANT SELECT, DELETE ON choreography_outbox TO %1$s"
            .formatted(role));
    String url = environment.createDatabase("start").jdbcUrl();
    try (HikariDataSource app = RealPrograms.pool(new Database(url, role, "app"))) {
      ParticipantBuilder participant =
          participant().database(app).migrate(migrate).hosts(SOUND, "a", new DoA());
      String grant = "GRANT INSERT ON choreography_outbox TO " + role;
      assertThat(problems(participant)).singleElement().asString().endsWith("; run " + grant);
      execute(grant);
      participant.start().close();
    }
  }

  @Test
  void without_migrating_it_starts_on_tables_that_are_up_to_date() throws Exception {
    ParticipantBuilder participant = participant().migrate(false).hosts(SOUND, "a", new DoA());
    execute("CREATE TABLE mine (id int)");
    assertThat(problems(participant))
        .singleElement()
        .asString()
        .contains("lacks migration 1 journal and outbox", "apply it");
    participant().hosts(SOUND, "a", new DoA()).start().close();
    participant.start().close();
    execute("SELECT * FROM mine");
  }

  @Test
  void bare_starts_are_adopted_in_one_version_by_the_owner_of_the_first_root() {
    participant()
        .hosts(SOUND, "a", new DoA())
        .hosts(SECOND, "a", new DoA())
        .adopts(SOUND)
        .start()
        .close();
    assertThat(
            problems(
                participant()
                    .hosts(SOUND, "a", new DoA())
                    .hosts(SECOND, "a", new DoA())
                    .adopts(SOUND)
                    .adopts(SECOND)
                    .adopts(TWO_OWNERS)))
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).contains("bare starts of sound in two versions"),
            p ->
                assertThat(p)
                    .contains("two_owners", "does not host step a", "owner start adopts them"));
  }

  @Test
  void a_next_version_whose_starts_another_would_adopt_is_refused() throws Exception {
    String name = "adopted";
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, sound(name, NAME), 3, (short) 1);
    }
    participant().starts(sound(name, 1, "another")).start().close();
    assertThat(problems(participant().hosts(sound(name, 2, NAME), "a", new DoA())))
        .singleElement()
        .asString()
        .contains("by step a of " + NAME, "version 1 of it by step a of another");
  }

  @Test
  void another_graph_of_the_same_name_and_version_is_refused() throws Exception {
    String name = "changed";
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, sound(name, NAME), 3, (short) 1);
    }
    Choreography first = sound(name, "another");
    Choreography other = sound(name, NAME);
    participant().starts(first).start().close();
    participant().starts(first).start().close();
    assertThat(problems(participant().hosts(other, "a", new DoA())))
        .singleElement()
        .asString()
        .contains("changed runs elsewhere as version 1 with another graph")
        .contains(first.fingerprint(), other.fingerprint(), "the next version");
  }

  @Test
  void journal_rows_must_stay_as_long_as_an_event_may_come() throws Exception {
    Choreography kept = sound("kept", NAME);
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, kept, 3, (short) 1);
      assertThat(problems(participant().hosts(kept, "a", new DoA()).retention(Duration.ofDays(8))))
          .singleElement()
          .asString()
          .contains("leave PT192H after", "for up to PT360H", "say retention(...)");
      assertThat(Topics.longestKept(admin, kept.topics())).isEqualTo(Duration.ofDays(7 + 7 + 1));
      participant().hosts(kept, "a", new DoA()).retention(Duration.ofDays(15)).start().close();
      ConfigResource control = new ConfigResource(ConfigResource.Type.TOPIC, "kept_control");
      admin
          .incrementalAlterConfigs(
              Map.of(
                  control,
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("retention.ms", "-1"), AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    assertThat(problems(participant().hosts(kept, "a", new DoA()).retention(Duration.ofDays(999))))
        .singleElement()
        .asString()
        .contains("for ever");
    participant().hosts(kept, "a", new DoA()).start().close();
  }

  @Test
  void a_version_with_unfinished_rows_must_go_on_being_hosted() throws Exception {
    sound().start().close();
    execute(
        "INSERT INTO choreography_journal (choreography, saga_id, step, version, state, heard, deadline) VALUES ('%s', 's', 'a', 1, 'COMPLETED', 0, now()), ('%s', 't', 'a', 1, 'FAILED', 0, now())"
            .formatted(SOUND.name(), SOUND.name()));
    assertThat(problems(participant().hosts(SECOND, "a", new DoA())))
        .singleElement()
        .asString()
        .contains("1 unfinished rows of step a of version 1 of " + SOUND.name(), "host it until");
    participant().hosts(SOUND, "a", new DoA()).hosts(SECOND, "a", new DoA()).start().close();
    execute("UPDATE choreography_journal SET state = 'CONFIRMED' WHERE saga_id = 's'");
    participant().hosts(SECOND, "a", new DoA()).start().close();
  }

  @Test
  void what_does_not_answer_yet_is_waited_for() {
    Recovering recovering = new Recovering(2);
    participant()
        .database(recovering)
        .hosts(SOUND, "a", new DoA())
        .patience(Duration.ofMinutes(1))
        .start()
        .close();
    assertThat(recovering.refused).hasValue(0);
  }

  @Test
  void what_is_wrong_for_good_is_not_waited_for() {
    assertThat(
            toldWithin(
                Duration.ofSeconds(20),
                participant()
                    .database(new Recovering(1))
                    .hosts(TWO_OWNERS, "b", new DoA())
                    .patience(Duration.ofMinutes(10))))
        .hasSizeGreaterThan(1);
  }

  @Test
  void a_database_that_is_away_is_told_soon() throws Exception {
    HikariConfig config = new HikariConfig();
    database.copyStateTo(config);
    config.setPoolName("away");
    config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + unusedPort() + "/nowhere");
    config.setConnectionTimeout(1_000);
    config.setInitializationFailTimeout(-1);
    try (HikariDataSource away = new HikariDataSource(config)) {
      assertThat(toldWithin(Duration.ofSeconds(10), sound().database(away)))
          .singleElement()
          .asString()
          .contains("the database cannot be used", "refused");
    }
  }

  @Test
  void a_database_that_does_not_answer_is_told_as_soon_as_the_pool_gives_up(
      LocalEnvironment environment) {
    HikariConfig config = new HikariConfig();
    database.copyStateTo(config);
    config.setPoolName("short");
    config.setConnectionTimeout(1_000);
    config.setInitializationFailTimeout(-1);
    environment.postgres().pause();
    try (HikariDataSource paused = new HikariDataSource(config)) {
      assertThat(toldWithin(Duration.ofSeconds(10), sound().database(paused)))
          .singleElement()
          .asString()
          .contains("the database cannot be used", "not available");
    } finally {
      environment.postgres().resume();
    }
  }

  @Test
  void a_broker_that_is_away_is_told_soon() throws Exception {
    Properties away = with("bootstrap.servers", "127.0.0.1:" + unusedPort());
    assertThat(KafkaSettings.of(away).admin()).containsEntry("default.api.timeout.ms", 15_000);
    away.setProperty("default.api.timeout.ms", "2000");
    away.setProperty("request.timeout.ms", "1000");
    assertThat(toldWithin(Duration.ofSeconds(10), sound().kafka(away)))
        .singleElement()
        .asString()
        .contains("Kafka at 127.0.0.1", "cannot be used", "Timed out");
  }

  @Test
  void a_broker_whose_name_does_not_resolve_is_told() {
    assertThat(problems(sound().kafka(with("bootstrap.servers", "nowhere.invalid:9092"))))
        .singleElement()
        .asString()
        .contains("Kafka at nowhere.invalid:9092 cannot be used");
  }

  @Test
  void a_registry_that_is_away_is_told_soon() throws Exception {
    Choreography fresh = sound("fresh", NAME);
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, fresh, 3, (short) 1);
    }
    String url = "http://127.0.0.1:" + unusedPort();
    assertThat(
            toldWithin(
                Duration.ofSeconds(20),
                participant().kafka(with("schema.registry.url", url)).hosts(fresh, "a", new DoA())))
        .singleElement()
        .asString()
        .contains("schema registry", url);
  }

  @Test
  void settings_that_cannot_work_are_told() {
    Properties none = new Properties();
    none.putAll(kafka);
    none.remove("schema.registry.url");
    assertThat(problems(sound().kafka(none)))
        .singleElement()
        .asString()
        .contains("schema.registry.url is missing");
    assertThat(problems(sound().kafka(with("value.deserializer", "no.such.Serde"))))
        .singleElement()
        .asString()
        .contains("no.such.Serde is not on the class path");
  }

  @Test
  void settings_count_that_are_no_text() {
    Properties numbers = with("max.poll.records", "");
    numbers.put("max.poll.records", 17);
    assertThat(KafkaSettings.of(numbers).given()).containsEntry("max.poll.records", 17);
  }

  private static ParticipantBuilder sound() {
    return participant().hosts(SOUND, "a", new DoA());
  }

  private static Properties with(String name, String value) {
    Properties changed = new Properties();
    changed.putAll(kafka);
    changed.setProperty(name, value);
    return changed;
  }

  private static List<String> toldWithin(Duration limit, ParticipantBuilder participant) {
    long begin = System.nanoTime();
    List<String> problems = problems(participant);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(limit);
    return problems;
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A database that is starting up for a while. */
  private static final class Recovering extends HikariDataSource {
    private final AtomicInteger refused;

    Recovering(int times) {
      refused = new AtomicInteger(times);
    }

    @Override
    public Connection getConnection() throws SQLException {
      if (refused.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        throw new SQLException("the database system is starting up", "57P03");
      }
      return database.getConnection();
    }
  }

  private static final class DoA implements StepHandler<Started, CompletedA> {
    @Override
    public Outcome execute(Started request, StepContext saga) {
      return Outcome.completed(new CompletedA(saga.sagaId(), ""));
    }
  }

  private static final class DoAnything implements StepHandler<SpecificRecord, SpecificRecord> {
    @Override
    public Outcome execute(SpecificRecord request, StepContext saga) {
      return Outcome.completed(request);
    }
  }

  private static final class Mistyped implements StepHandler<Started, CompletedA> {
    @Override
    public Outcome execute(Started request, StepContext saga) {
      return Outcome.completed(new CompletedA(saga.sagaId(), ""));
    }

    @Override
    public SpecificRecord compensate(CompletedA completed, StepContext saga) {
      return new CompensatedA(saga.sagaId(), "");
    }
  }
}
