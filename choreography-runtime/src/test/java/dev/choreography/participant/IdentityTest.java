// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.avro.EventClasses;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Topic;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.Started;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A participant is bound to its database: it starts over no other unless it is told to. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class IdentityTest {

  private static LocalEnvironment environment;
  private static Properties kafka;
  private static Admin admin;

  @BeforeAll
  static void open(LocalEnvironment given) {
    environment = given;
    kafka = RealPrograms.kafka(environment);
    admin = Admin.create(kafka);
  }

  @AfterAll
  static void close() {
    admin.close();
  }

  private static Choreography of(String owner) throws InterruptedException {
    Choreography choreography =
        Choreography.named(owner)
            .startedBy(Started.class)
            .step(
                "a",
                step ->
                    step.ownedBy(owner)
                        .after(Started.class)
                        .completes(CompletedA.class)
                        .fails(FailedA.class))
            .build();
    Topics.create(admin, choreography, 3, (short) 1);
    return choreography;
  }

  private static ParticipantBuilder participant(Choreography of, HikariDataSource database) {
    return Participant.named(of.name())
        .hosts(of, "a", new DoA())
        .database(database)
        .kafka(kafka)
        .patience(Duration.ofSeconds(30));
  }

  private static List<String> problems(ParticipantBuilder participant) {
    try {
      participant.start().close();
      return List.of();
    } catch (StartRefusedException refused) {
      return refused.problems();
    }
  }

  private static UUID identity(HikariDataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT id FROM choreography_identity")) {
      assertThat(result.next()).isTrue();
      return result.getObject(1, UUID.class);
    }
  }

  private static void execute(Database on, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(on.jdbcUrl(), on.user(), on.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static HikariDataSource database(String name) {
    return RealPrograms.pool(environment.createDatabase(name));
  }

  @Test
  void another_database_is_refused_until_it_is_said_to_replace_the_first() throws Exception {
    Choreography of = of("bound");
    try (HikariDataSource first = database("bound_first");
        HikariDataSource second = database("bound_second");
        HikariDataSource third = database("bound_third")) {
      participant(of, first).start().close();
      participant(of, first).start().close();
      UUID old = identity(first);
      assertThat(problems(participant(of, second)))
          .singleElement()
          .asString()
          .contains("participant bound is bound to database " + old, "made 20")
          .contains("this is " + identity(second))
          .contains("replacesDatabase(\"" + old + "\")", "REPLACES_DATABASE");
      assertThat(problems(participant(of, second).replacesDatabase(identity(second))))
          .as("not the one that it is bound to")
          .hasSize(1);
      participant(of, second).replacesDatabase(old).start().close();
      participant(of, second).replacesDatabase(old).start().close();
      participant(of, second).start().close();
      assertThat(problems(participant(of, first)))
          .singleElement()
          .asString()
          .contains("bound to database " + identity(second));
      assertThat(problems(participant(of, third).replacesDatabase(old)))
          .as("what stayed in the settings accepts no third")
          .singleElement()
          .asString()
          .contains("bound to database " + identity(second), "said to replace " + old);
      participant(of, first).replacesDatabase(identity(second)).start().close();
      assertThat(problems(participant(of, second))).hasSize(1);
    }
  }

  @Test
  void an_emptied_database_is_another() throws Exception {
    Choreography of = of("emptied");
    Database database = environment.createDatabase("emptied");
    try (HikariDataSource pool = RealPrograms.pool(database)) {
      participant(of, pool).start().close();
      UUID old = identity(pool);
      execute(database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
      assertThat(problems(participant(of, pool)))
          .singleElement()
          .asString()
          .contains("bound to database " + old);
      participant(of, pool).replacesDatabase(old).start().close();
    }
  }

  @Test
  void a_restored_backup_is_the_same() throws Exception {
    Choreography of = of("restored");
    Database database = environment.createDatabase("restored");
    try (HikariDataSource pool = RealPrograms.pool(database)) {
      participant(of, pool).start().close();
    }
    // The files as they were then, under another name.
    execute(
        environment.adminDatabase(),
        "CREATE DATABASE restored_backup TEMPLATE restored OWNER restored");
    Database copy =
        new Database(
            database.jdbcUrl().replace("/restored", "/restored_backup"),
            database.user(),
            database.password());
    try (HikariDataSource pool = RealPrograms.pool(database);
        HikariDataSource backup = RealPrograms.pool(copy)) {
      participant(of, pool).start().close();
      assertThat(identity(backup)).isEqualTo(identity(pool));
      participant(of, backup).start().close();
    }
  }

  @Test
  void the_database_of_another_participant_is_refused() throws Exception {
    Choreography of = of("landlord");
    Choreography other = of("lodger");
    try (HikariDataSource database = database("landlord")) {
      participant(of, database).start().close();
      assertThat(problems(participant(other, database)))
          .singleElement()
          .asString()
          .contains("belongs to participant landlord", "this is lodger", "needs its own");
      Participant.named("starter").starts(of).database(database).kafka(kafka).start().close();
    }
  }

  @Test
  void of_databases_that_come_at_once_one_wins_and_stays_so() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 5; round++) {
        Choreography of = of("race" + round);
        try (HikariDataSource one = database("race_one" + round);
            HikariDataSource two = database("race_two" + round)) {
          CyclicBarrier barrier = new CyclicBarrier(4);
          List<Future<List<String>>> starts = new ArrayList<>();
          for (HikariDataSource database : List.of(one, two, one, two)) {
            Callable<List<String>> start =
                () -> {
                  barrier.await();
                  return problems(participant(of, database));
                };
            starts.add(threads.submit(start));
          }
          boolean first = starts.get(0).get().isEmpty();
          boolean second = starts.get(1).get().isEmpty();
          assertThat(first ^ second).as("one of the two").isTrue();
          assertThat(starts.get(2).get().isEmpty()).as("its other instance").isEqualTo(first);
          assertThat(starts.get(3).get().isEmpty()).as("its other instance").isEqualTo(second);
          assertThat(problems(participant(of, one)).isEmpty()).as("later").isEqualTo(first);
          assertThat(problems(participant(of, two)).isEmpty()).as("later").isEqualTo(second);
        }
        assertThat(claims(of.name()))
            .as("compaction removes none: no key is written twice")
            .isNotEmpty()
            .doesNotHaveDuplicates();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<String> claims(String participant) {
    try (Topic topic = Topic.on(kafka)) {
      return topic.records(Topics.CHOREOGRAPHIES).stream()
          .map(record -> new String(record.key(), StandardCharsets.UTF_8))
          .filter(key -> key.startsWith("participant/" + participant + "/"))
          .toList();
    }
  }

  @Test
  void who_reads_declarations_is_not_told_of_databases() throws Exception {
    Choreography of = of("readable");
    try (HikariDataSource database = database("readable")) {
      participant(of, database).start().close();
    }
    EventClasses.trust(Set.of(ChoreographyDeclared.class));
    KafkaSettings settings = KafkaSettings.of(kafka);
    assertThat(new Declarations(settings, new KafkaCodec(settings)).read().keySet())
        .contains("readable:1")
        .noneMatch(key -> key.contains("/"));
  }

  private static final class DoA implements StepHandler<Started, CompletedA> {
    @Override
    public Outcome execute(Started request, StepContext saga) {
      return Outcome.completed(new CompletedA(saga.sagaId(), ""));
    }
  }
}
