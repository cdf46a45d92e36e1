// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.EventType;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.avro.EventClasses;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.ParticipantBound;
import dev.choreography.kafka.DatabaseBindings;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.local.LocalOptions;
import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * What all sides run on: a broker, a registry, and a PostgreSQL that waits for the disk at each
 * commit; the topics and schemas of the trip booking are there already.
 */
final class Stage implements AutoCloseable {

  static final int PARTITIONS = 12;

  /** Magic byte and schema id, in the registry's wire format. */
  private static final int PREFIX = 5;

  private static final long PATIENCE_SECONDS = 30;

  private final Path data;
  private final LocalEnvironment local;
  private final Admin admin;
  private final Connection postgres;
  private final Map<String, byte[]> prefixes;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Stage(
      Path data,
      LocalEnvironment local,
      Admin admin,
      Connection postgres,
      Map<String, byte[]> prefixes) {
    this.data = data;
    this.local = local;
    this.admin = admin;
    this.postgres = postgres;
    this.prefixes = prefixes;
  }

  /**
   * Sets it up.
   *
   * @param parent of the folder that holds its data until it is closed; on the disk to be measured
   */
  static Stage open(Path parent, Consumer<String> progress) throws Exception {
    progress.accept("starting Kafka, a schema registry and PostgreSQL (fsync on) ...");
    Files.createDirectories(parent);
    Path data = Files.createTempDirectory(parent, "stage-");
    LocalEnvironment local = null;
    try {
      local =
          LocalEnvironment.start(
              LocalOptions.defaults().withDurablePostgres().withDataFolder(data));
      Admin admin = Admin.create(Map.of("bootstrap.servers", local.bootstrapServers()));
      EventClasses.trust(List.of(ChoreographyDeclared.class, ParticipantBound.class));
      EventClasses.trust(TripBooking.CHOREOGRAPHY.events().stream().map(EventType::type).toList());
      Topics.create(admin, TripBooking.CHOREOGRAPHY, PARTITIONS, (short) 1);
      Database database = local.adminDatabase();
      Connection postgres =
          DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
      Stage stage = new Stage(data, local, admin, postgres, prefixes(local.registryUrl()));
      Runtime.getRuntime().addShutdownHook(new Thread(stage::closeInterrupted, "shutdown"));
      return stage;
    } catch (Exception | Error e) {
      if (local != null) {
        local.close();
      }
      delete(data);
      throw e;
    }
  }

  /** What a value begins with, by topic; asking for it registers the schemas. */
  private static Map<String, byte[]> prefixes(String registryUrl) {
    Map<String, byte[]> prefixes = new HashMap<>();
    try (AvroSerializer serializer = new AvroSerializer()) {
      serializer.configure(Map.of("schema.registry.url", registryUrl), false);
      for (SpecificRecord event : Trips.forward("sample")) {
        String topic = EventType.of(event.getClass()).topic();
        byte[] value = serializer.serialize(topic, event);
        if (value == null) {
          throw new IllegalStateException("an event was written as nothing");
        }
        prefixes.put(topic, Arrays.copyOf(value, PREFIX));
      }
    }
    return Map.copyOf(prefixes);
  }

  /** {@code bootstrap.servers} and {@code schema.registry.url}. */
  Properties kafka() {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", local.bootstrapServers());
    properties.setProperty("schema.registry.url", local.registryUrl());
    return properties;
  }

  String bootstrapServers() {
    return local.bootstrapServers();
  }

  /** What the values of each topic begin with. */
  Map<String, byte[]> prefixes() {
    return prefixes;
  }

  /** A new database, or the one that was asked for by this name before. */
  Database database(String name) {
    return local.createDatabase(name);
  }

  /** Lets a participant start over whichever database comes next: each turn has its own. */
  void release(String participant) throws InterruptedException {
    KafkaSettings settings = KafkaSettings.of(kafka());
    try {
      new DatabaseBindings(settings, new KafkaCodec(settings)).release(participant);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "releasing %s from its database: %s".formatted(participant, e.getCause()), e);
    }
  }

  /** How many records topics have ever been given. */
  long written(Collection<String> topics) {
    return offsets(topics, OffsetSpec.latest()).values().stream()
        .mapToLong(ListOffsetsResultInfo::offset)
        .sum();
  }

  /** The same for each partition of a topic. */
  List<Long> writtenByPartition(String topic) {
    Map<TopicPartition, ListOffsetsResultInfo> offsets =
        offsets(List.of(topic), OffsetSpec.latest());
    List<Long> written = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      ListOffsetsResultInfo end = offsets.get(new TopicPartition(topic, partition));
      written.add(end == null ? 0 : end.offset());
    }
    return written;
  }

  /** Lets a group that nobody is in begin at the first, or after the last, record of topics. */
  void place(String group, Collection<String> topics, OffsetSpec where)
      throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> offsets =
        offsets(topics, where).entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, entry -> new OffsetAndMetadata(entry.getValue().offset())));
    long begin = System.nanoTime();
    while (true) {
      try {
        admin.alterConsumerGroupOffsets(group, offsets).all().get();
        return;
      } catch (ExecutionException e) {
        // The broker may not have noticed yet that its last member has gone.
        if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
          throw new IllegalStateException("placing group " + group, e.getCause());
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  /**
   * Forgets an application of Kafka Streams, so that the next one of this name begins after the
   * last record of topics.
   */
  void forget(String application, Collection<String> topics) throws InterruptedException {
    try {
      List<String> own =
          admin.listTopics().names().get().stream()
              .filter(topic -> topic.startsWith(application + "-"))
              .toList();
      admin.deleteTopics(own).all().get();
      if (admin.listGroups().all().get().stream()
          .anyMatch(group -> group.groupId().equals(application))) {
        admin.deleteConsumerGroups(List.of(application)).all().get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("forgetting " + application, e.getCause());
    }
    place(application, topics, OffsetSpec.latest());
  }

  private Map<TopicPartition, ListOffsetsResultInfo> offsets(
      Collection<String> topics, OffsetSpec which) {
    Map<TopicPartition, OffsetSpec> asked =
        topics.stream()
            .flatMap(
                topic -> IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition(topic, i)))
            .collect(Collectors.toMap(partition -> partition, partition -> which));
    try {
      return admin.listOffsets(asked).all().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException(e);
    } catch (ExecutionException e) {
      throw new KafkaException("asking for the offsets of " + topics, e.getCause());
    }
  }

  /** Writes out what earlier runs left, so that each run begins with the same debts: none. */
  void settle() throws SQLException {
    try (Statement statement = postgres.createStatement()) {
      statement.execute("CHECKPOINT");
    }
  }

  /** Bytes of write-ahead log since the database was made. */
  long walBytes() throws SQLException {
    return number(postgres, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
  }

  /** The one number that a query returns. */
  static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      if (!result.next()) {
        throw new SQLException("no row from: " + query);
      }
      return result.getLong(1);
    }
  }

  /** Runs statements in a database. */
  static void execute(Database database, String... statements) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static Connection connect(Database database) throws SQLException {
    return DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
  }

  /** After Ctrl-C; what is still at work meets errors that nobody wants to read. */
  private void closeInterrupted() {
    try {
      close();
    } catch (IOException | SQLException | RuntimeException e) {
      System.err.printf("%s may be left behind: %s%n", data, e.getMessage());
    }
  }

  @Override
  public void close() throws IOException, SQLException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      postgres.close();
      admin.close();
      local.close();
    } finally {
      delete(data);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
