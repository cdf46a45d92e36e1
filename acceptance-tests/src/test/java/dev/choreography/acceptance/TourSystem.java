// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.acceptance.tour.TourAsked;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.kafka.Topics;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The participants of the {@link Tour} as processes, and people who ask for tours. */
final class TourSystem implements AutoCloseable {

  static final int STOCK = 100_000;

  private static final Path LOGS =
      Path.of(System.getProperty("acceptance.logs", "target/logs")).resolve("upgrade");
  private static final int PARTITIONS = 2;
  private static final long EVERY_MS = 25;

  private final LocalEnvironment environment = LocalEnvironment.start();
  private final Map<String, Database> databases = new HashMap<>();
  private final Map<String, ServiceProcess> running = new ConcurrentHashMap<>();
  private final Map<String, List<String>> told = new HashMap<>();
  private final KafkaProducer<byte[], byte[]> producer;
  private final AvroSerializer serializer = new AvroSerializer();
  private final Set<String> asked = new ConcurrentSkipListSet<>();
  private final AtomicInteger programs = new AtomicInteger();

  TourSystem() throws InterruptedException, ExecutionException {
    Map<String, Object> bootstrap = Map.of("bootstrap.servers", environment.bootstrapServers());
    producer = new KafkaProducer<>(bootstrap, new ByteArraySerializer(), new ByteArraySerializer());
    serializer.configure(Map.of("schema.registry.url", environment.registryUrl()), false);
    Map<ConfigResource, Collection<AlterConfigOp>> soon = new HashMap<>();
    for (String participant : Tour.PARTICIPANTS) {
      Database database = environment.createDatabase(participant);
      databases.put(participant, database);
      tell(
          participant,
          """
          CREATE TABLE stock (available integer NOT NULL CHECK (available >= 0));
          INSERT INTO stock VALUES (%d);
          CREATE TABLE held (saga_id text PRIMARY KEY, status text NOT NULL);
          """
              .formatted(STOCK));
      soon.put(
          new ConfigResource(ConfigResource.Type.GROUP, participant),
          List.of(
              set("consumer.session.timeout.ms", "2000"),
              set("consumer.heartbeat.interval.ms", "500")));
    }
    try (Admin admin = Admin.create(bootstrap)) {
      Topics.create(admin, Tour.FIRST, PARTITIONS, (short) 1);
      Topics.create(admin, Tour.SECOND, PARTITIONS, (short) 1);
      // One that is killed leaves its group after two seconds.
      admin.incrementalAlterConfigs(soon).all().get();
    }
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  /** Starts a participant; see {@link TourProgram} for the arguments. */
  void start(String participant, String... arguments) {
    ServiceProcess process = begin(participant, arguments);
    process.awaitUp();
  }

  /** The same, and does not wait. */
  ServiceProcess begin(String participant, String... arguments) {
    Map<String, String> variables = new HashMap<>(addresses());
    Database database = Objects.requireNonNull(databases.get(participant));
    variables.put("DATABASE_URL", database.jdbcUrl());
    variables.put("DATABASE_USER", database.user());
    variables.put("DATABASE_PASSWORD", database.password());
    List<String> program =
        new ArrayList<>(
            List.of(
                "-cp",
                System.getProperty("java.class.path"),
                TourProgram.class.getName(),
                participant));
    program.addAll(List.of(arguments));
    Path log = LOGS.resolve("%s-%d.log".formatted(participant, programs.incrementAndGet()));
    ServiceProcess process = ServiceProcess.start(program, log, variables);
    running.put(participant, process);
    told.put(participant, List.of(arguments));
    return process;
  }

  private Map<String, String> addresses() {
    return Map.of(
        "KAFKA_BOOTSTRAP_SERVERS",
        environment.bootstrapServers(),
        "SCHEMA_REGISTRY_URL",
        environment.registryUrl());
  }

  /** What a participant that runs was started with; nothing if it does not run. */
  List<String> arguments(String participant) {
    return told.getOrDefault(participant, List.of());
  }

  /** Ends a participant, by SIGTERM or SIGKILL. */
  void stop(String participant, boolean kill) {
    told.remove(participant);
    ServiceProcess process = running.remove(participant);
    if (process != null && kill) {
      process.kill();
    } else if (process != null) {
      process.terminate();
    }
  }

  /** Asks for a tour, as anybody can: no header, the saga's id as the key. */
  @SuppressWarnings("FutureReturnValueIgnored") // what is lost is missed by the verdict
  void ask(String saga) {
    asked.add(saga);
    producer.send(
        new ProducerRecord<>(
            "tour_asked",
            saga.getBytes(UTF_8),
            serializer.serialize("tour_asked", new TourAsked(saga))));
  }

  /** Those who ask for tours, forty a second, from {@code begin()} until they are closed. */
  Load load(String name) {
    return new Load(name);
  }

  /** See {@link #load}. */
  final class Load implements AutoCloseable {
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger number = new AtomicInteger();

    private final String name;

    private Load(String name) {
      this.name = name;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what is lost is missed by the verdict
    void begin() {
      clock.scheduleAtFixedRate(
          () -> ask("%s-%05d".formatted(name, number.getAndIncrement())),
          0,
          EVERY_MS,
          TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
      clock.shutdown();
      try {
        if (!clock.awaitTermination(1, TimeUnit.MINUTES)) {
          throw new IllegalStateException("asking for tours does not end");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      producer.flush();
    }
  }

  Set<String> asked() {
    return Set.copyOf(asked);
  }

  /** What the topics of both versions hold now. */
  TopicLog log() {
    producer.flush();
    return TopicLog.read(
        environment.bootstrapServers(),
        Stream.of(Tour.FIRST, Tour.SECOND)
            .flatMap(version -> version.topics().stream())
            .distinct()
            .toList());
  }

  /** Everything that participants have put aside so far; marks of what was replayed, too. */
  TopicLog deadLetters() {
    return TopicLog.read(
        environment.bootstrapServers(),
        Tour.PARTICIPANTS.stream().map(Topics::deadLetters).toList());
  }

  /** Types a command of {@code ./saga}, and returns what it says. */
  String saga(String... arguments) {
    return SagaProgram.run(
        LOGS.resolve("saga-%d.log".formatted(programs.incrementAndGet())), addresses(), arguments);
  }

  /** Rows of a query on a participant's database, each value as text. */
  List<List<String>> query(String participant, String sql) {
    try (Connection connection = connect(participant);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(result.getString(i)));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private void tell(String participant, String sql) {
    try (Connection connection = connect(participant);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private Connection connect(String participant) throws SQLException {
    Database database = Objects.requireNonNull(databases.get(participant));
    return DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
  }

  @Override
  public void close() {
    running.values().forEach(ServiceProcess::close);
    producer.close(Duration.ZERO);
    environment.close();
  }
}
