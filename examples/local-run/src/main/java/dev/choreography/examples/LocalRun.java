// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import dev.choreography.Choreography;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.participant.Participant;
import dev.choreography.participant.ParticipantBuilder;
import dev.choreography.participant.SagaStarter;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/**
 * A choreography on this machine: a real Kafka, registry and PostgreSQL as child processes, and all
 * its participants in this JVM, each with a database of its own. {@link #conclude} prints what
 * became of every saga, and says whether all that was promised holds.
 */
public final class LocalRun implements AutoCloseable {

  private static final int PARTITIONS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Choreography choreography;
  private final PrintStream out = System.out;
  private final LocalEnvironment environment;
  private final Properties kafka = new Properties();
  private final Map<String, ParticipantDatabase> databases = new LinkedHashMap<>();
  private final Map<String, Participant> participants = new LinkedHashMap<>();
  private final List<Promise> promises = new ArrayList<>();
  private final List<String> sagas = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** What has to hold in the end, given the sagas that completed: a sentence if it does not. */
  private interface Promise {
    @Nullable String violation(SortedSet<String> completed);
  }

  private LocalRun(Choreography choreography) {
    this.choreography = choreography;
    out.println("starting Kafka, a schema registry and PostgreSQL on this machine ...");
    this.environment = LocalEnvironment.start();
    kafka.setProperty("bootstrap.servers", environment.bootstrapServers());
    kafka.setProperty("schema.registry.url", environment.registryUrl());
  }

  /** Starts the programs and creates the topics; some seconds. */
  public static LocalRun of(Choreography choreography) throws InterruptedException {
    LocalRun run = new LocalRun(choreography);
    // From here on Ctrl-C deletes the data, too; the programs end with this one in any case.
    Runtime.getRuntime().addShutdownHook(new Thread(run::close));
    try (Admin admin = Admin.create(run.kafka)) {
      Topics.create(admin, choreography, PARTITIONS, (short) 1);
    }
    return run;
  }

  /**
   * Starts a participant.
   *
   * @param tables SQL that creates and fills its own tables, in a database of its own
   * @param description which steps it hosts
   */
  public void participant(
      String name, String tables, UnaryOperator<ParticipantBuilder> description) {
    out.printf("starting %s ...%n", name);
    ParticipantDatabase database =
        new ParticipantDatabase(environment.createDatabase(name.replace('-', '_')), tables);
    databases.put(name, database);
    participants.put(
        name,
        description
            .apply(Participant.named(name))
            .database(database.source())
            .kafka(kafka)
            .start());
  }

  /** Starts a saga in a transaction of a participant's. */
  public void start(String participant, SpecificRecord event) throws SQLException {
    SagaStarter starter = known(participants, participant).starter(choreography);
    SagaStarter.Started started;
    try (Connection connection = known(databases, participant).source().getConnection()) {
      connection.setAutoCommit(false);
      started = starter.start(connection, event);
      connection.commit();
    }
    started.publish();
    sagas.add(started.sagaId());
  }

  /**
   * A promise: a number that is the same in the end as it is now, such as the free rooms and the
   * reserved ones together.
   */
  public void conserves(String participant, String what, String query) {
    ParticipantDatabase database = known(databases, participant);
    long before = database.number(query);
    promises.add(
        completed -> {
          long now = database.number(query);
          return now == before
              ? null
              : "%s: there were %s %s and are %s".formatted(participant, before, what, now);
        });
  }

  /**
   * A promise: what stands in the end belongs to the sagas that completed, each of them has its
   * own, and nobody else has any.
   *
   * @param query the ids of the sagas to which something belongs, such as a reserved room
   */
  public void belongsToCompletedSagas(String participant, String query) {
    ParticipantDatabase database = known(databases, participant);
    promises.add(
        completed -> {
          List<String> owners =
              database.rows(query).stream().skip(1).map(row -> row.get(0)).sorted().toList();
          return owners.equals(List.copyOf(completed))
              ? null
              : "%s: %s says %s, and %s completed".formatted(participant, query, owners, completed);
        });
  }

  private static <V> V known(Map<String, V> all, String participant) {
    V found = all.get(participant);
    if (found == null) {
      throw new IllegalArgumentException(
          "no participant %s was started, only %s".formatted(participant, all.keySet()));
    }
    return found;
  }

  /**
   * Waits until every saga that was started has ended, and prints the path of each, all tables, and
   * whether the promises hold.
   */
  public boolean conclude() {
    out.printf("%n%s sagas%n", sagas.size());
    List<String> violations = new ArrayList<>();
    SortedSet<String> completed = new TreeSet<>();
    try (SagaPaths paths = new SagaPaths(choreography, kafka)) {
      paths
          .untilEnded(sagas, PATIENCE)
          .forEach(
              (saga, path) -> {
                out.printf("  %s  %s%n", saga, path);
                path.violations().forEach(found -> violations.add(saga + ": " + found));
                if (path.isCompleted()) {
                  completed.add(saga);
                }
              });
    }
    databases.forEach(this::print);
    for (Promise promise : promises) {
      String violation = promise.violation(completed);
      if (violation != null) {
        violations.add(violation);
      }
    }
    violations.forEach(violation -> out.println("BROKEN  " + violation));
    if (violations.isEmpty()) {
      int all = completed.size();
      out.printf(
          "%nWhat stands belongs to %s completed saga%s; %s left nothing behind.%n",
          all, all == 1 ? "" : "s", sagas.size() - all);
    }
    return violations.isEmpty();
  }

  private void print(String participant, ParticipantDatabase database) {
    for (String table : database.tables()) {
      out.printf("%n%s of %s%n", table, participant);
      List<List<String>> rows = database.rows("SELECT * FROM %s ORDER BY 1".formatted(table));
      for (List<String> row : rows) {
        out.println("  " + aligned(row, rows));
      }
    }
  }

  private static String aligned(List<String> row, List<List<String>> rows) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      int column = i;
      int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
      line.append(row.get(i)).append(" ".repeat(width - row.get(i).length() + 2));
    }
    return line.toString().stripTrailing();
  }

  /** Stops the participants, then the programs, and deletes their data. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      participants.values().parallelStream().forEach(Participant::close);
      databases.values().forEach(ParticipantDatabase::close);
      environment.close();
    }
  }
}
