// SPDX-License-Identifier: Apache-2.0
package dev.choreography.positions;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.participant.Participant;
import dev.choreography.participant.ParticipantBuilder;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testbed.Topic;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.CompletedC;
import dev.choreography.testevents.Started;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/**
 * A participant that owns a chain of three steps, each of which is noted in the participant's own
 * table, its database, and its topics, which are created anew.
 */
final class Keeper implements AutoCloseable {

  static final int PARTITIONS = 3;
  static final Duration AT_MOST = Duration.ofMinutes(3);

  private final LocalEnvironment environment;
  private final String name;
  private final Properties kafka;
  private final Choreography chain;
  private final Admin admin;
  private final Topic topics;
  private final KafkaCodec codec;
  private HikariDataSource database;

  /** A participant of this name, whose topics and database are new. */
  Keeper(LocalEnvironment environment, String name) throws Exception {
    this.environment = environment;
    this.name = name;
    this.kafka = kafka(environment);
    this.chain = chain(name);
    this.admin = Admin.create(kafka);
    deleteTopics();
    createTopics();
    this.topics = Topic.on(kafka);
    this.codec = new KafkaCodec(KafkaSettings.of(kafka));
    this.database = RealPrograms.pool(environment.createDatabase(name));
    execute("CREATE TABLE runs (saga_id text, step text, UNIQUE (saga_id, step))");
  }

  static Properties kafka(LocalEnvironment environment) {
    Properties kafka = RealPrograms.kafka(environment);
    kafka.setProperty("metadata.max.age.ms", "1000");
    return kafka;
  }

  static Choreography chain(String owner) {
    return Sagas.chain("of_" + owner, owner, owner, owner);
  }

  void deleteTopics() throws Exception {
    Set<String> all = admin.listTopics().names().get();
    all.removeIf(topic -> topic.startsWith("_"));
    admin.deleteTopics(all).all().get();
    Awaitility.await("the topics are gone")
        .atMost(AT_MOST)
        .until(() -> admin.listTopics().names().get().stream().noneMatch(all::contains));
  }

  void createTopics() throws Exception {
    Topics.create(admin, chain, PARTITIONS, (short) 1);
  }

  Admin admin() {
    return admin;
  }

  Topic topics() {
    return topics;
  }

  Choreography choreography() {
    return chain;
  }

  Properties kafka() {
    return kafka;
  }

  HikariDataSource database() {
    return database;
  }

  Participant start() {
    return described(StepOptions.defaults()).start();
  }

  ParticipantBuilder described(StepOptions options) {
    return describe(name, database, kafka, options, Duration.ZERO);
  }

  static ParticipantBuilder describe(
      String name,
      HikariDataSource database,
      Properties kafka,
      StepOptions options,
      Duration takes) {
    Choreography chain = chain(name);
    ParticipantBuilder builder = Participant.named(name).database(database).kafka(kafka);
    for (Step step : chain.steps()) {
      builder.hosts(
          chain,
          step.name(),
          step.name().equals("c")
              ? new DoC(takes)
              : new Scripted(
                  step,
                  (request, saga) -> {
                    note(saga, step.name(), takes);
                    return Scripted.done(step, saga);
                  },
                  (completed, saga) -> {}),
          options);
    }
    return builder;
  }

  private static void note(StepContext saga, String step, Duration takes) throws SQLException {
    try (Statement statement = saga.connection().createStatement()) {
      statement.execute("SELECT pg_sleep(%s)".formatted(takes.toMillis() / 1000.0));
      statement.execute("INSERT INTO runs VALUES ('%s', '%s')".formatted(saga.sagaId(), step));
    }
  }

  /** Is never told to undo. */
  private record DoC(Duration takes) implements StepHandler<CompletedB, CompletedC> {
    @Override
    public Outcome execute(CompletedB request, StepContext saga) throws SQLException {
      note(saga, "c", takes);
      return Outcome.completed(new CompletedC(saga.sagaId(), "done"));
    }
  }

  /** Sends starts as a client does that knows choreographies, or as one that does not. */
  void send(boolean complete, List<String> sagas) throws Exception {
    for (String saga : sagas) {
      topics.send(
          "started",
          null,
          saga,
          codec.encode("started", new Started(saga, "go")),
          complete
              ? Map.of(
                  EventHeaders.CHOREOGRAPHY,
                  chain.id(),
                  EventHeaders.DEADLINE,
                  "2999-01-01T00:00:00Z")
              : Map.of());
    }
  }

  static List<String> sagas(String prefix, int count) {
    List<String> sagas = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sagas.add(prefix + i);
    }
    return sagas;
  }

  /** Waits until all these sagas have ended well here, each step having run once. */
  void awaitEnd(List<String> sagas) {
    Awaitility.await("the sagas %s have ended".formatted(sagas))
        .atMost(AT_MOST)
        .until(() -> hasEnded(sagas));
  }

  private boolean hasEnded(List<String> sagas) throws SQLException {
    String all = "('" + String.join("', '", sagas) + "')";
    List<String> confirmed =
        query(
            "SELECT saga_id FROM choreography_journal WHERE state = 'CONFIRMED' AND saga_id IN "
                + all);
    return confirmed.size() == 3 * sagas.size()
        && query("SELECT saga_id FROM runs WHERE saga_id IN " + all).size() == 3 * sagas.size();
  }

  /** Copies the database as it is now, while nobody uses it, to return to it later. */
  void copyDatabase(String as) throws SQLException {
    Database like = environment.createDatabase(as + "_user");
    database.close();
    try (HikariDataSource pool = RealPrograms.pool(environment.adminDatabase());
        Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE %s TEMPLATE %s OWNER %s".formatted(as, name, like.user()));
    }
    useDatabase(name);
  }

  /** Uses another database of the same server from now on. */
  void useDatabase(String other) {
    String url = database.getJdbcUrl();
    int end = url.indexOf('?');
    String rest = end < 0 ? "" : url.substring(end);
    HikariDataSource next = new HikariDataSource();
    next.setJdbcUrl(url.substring(0, url.lastIndexOf('/') + 1) + other + rest);
    next.setUsername(database.getUsername());
    next.setPassword(database.getPassword());
    next.setMaximumPoolSize(8);
    next.setMinimumIdle(0);
    database.close();
    database = next;
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  List<String> query(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (result.next()) {
        found.add(result.getString(1));
      }
      return found;
    }
  }

  @Override
  public void close() {
    database.close();
    topics.close();
    admin.close();
  }
}
