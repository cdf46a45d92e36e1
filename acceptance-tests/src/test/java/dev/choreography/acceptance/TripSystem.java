// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.kafka.Topics;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.local.LocalOptions;
import dev.choreography.local.LocalPart;
import dev.choreography.tripbooking.TripBooking;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * An environment with the trip booking's topics and databases, a proxy before each of them for each
 * service, and the instances of the services that a test starts.
 */
final class TripSystem implements AutoCloseable {

  /** Of every flight, hotel night and location. */
  static final int INVENTORY = 100_000;

  private static final Path LOGS = Path.of(System.getProperty("acceptance.logs", "target/logs"));
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String name;
  private final Environment environment;
  private final Map<Service, TcpProxy> kafkaProxies;
  private final Admin admin;
  private final AvroSerializer serializer = new AvroSerializer();
  private final KafkaProducer<byte[], byte[]> producer;
  private final Map<Service, Site> sites = new EnumMap<>(Service.class);
  private final List<ServiceProcess> processes = new ArrayList<>();
  private final Set<String> sagas = new LinkedHashSet<>();
  private final AtomicInteger programs = new AtomicInteger();

  private TripSystem(
      String name,
      Environment environment,
      Map<Service, TcpProxy> kafkaProxies,
      Map<Uuid, String> topicNames,
      int partitions)
      throws InterruptedException, ExecutionException {
    this.name = name;
    this.environment = environment;
    this.kafkaProxies = kafkaProxies;
    Map<String, Object> bootstrap = Map.of("bootstrap.servers", environment.bootstrapServers());
    this.admin = Admin.create(bootstrap);
    this.producer =
        new KafkaProducer<>(bootstrap, new ByteArraySerializer(), new ByteArraySerializer());
    serializer.configure(Map.of("schema.registry.url", environment.registryUrl()), false);
    Topics.create(admin, TripBooking.CHOREOGRAPHY, partitions, (short) 1);
    admin
        .describeTopics(TripBooking.CHOREOGRAPHY.topics())
        .allTopicNames()
        .get()
        .values()
        .forEach(topic -> topicNames.put(topic.topicId(), topic.name()));
    for (Service service : Service.values()) {
      Database database = environment.createDatabase(service.step());
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(database.jdbcUrl());
      source.setUser(database.user());
      source.setPassword(database.password());
      TcpProxy postgres = TcpProxy.listen(PostgresConversation::new);
      postgres.forwardTo(URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort());
      sites.put(service, new Site(database, source, postgres));
    }
  }

  /** What a service has of its own. */
  private record Site(Database database, PGSimpleDataSource source, TcpProxy postgresProxy) {}

  /** Child processes; each service can reach Kafka by a proxy of its own. */
  private record ChildProcesses(LocalEnvironment local) implements Environment {
    @Override
    public String bootstrapServers() {
      return local.bootstrapServers();
    }

    @Override
    public String registryUrl() {
      return local.registryUrl();
    }

    @Override
    public Database createDatabase(String name) {
      return local.createDatabase(name);
    }

    @Override
    public void close() {
      local.close();
    }
  }

  private Site site(Service service) {
    return Objects.requireNonNull(sites.get(service));
  }

  /**
   * Starts an environment; no service runs yet.
   *
   * @param name of the folder with the logs of its services
   */
  static TripSystem start(String name, int partitions) {
    return start(name, partitions, LocalOptions.defaults());
  }

  static TripSystem start(String name, int partitions, LocalOptions options) {
    Map<Uuid, String> topicNames = new ConcurrentHashMap<>();
    Map<Service, TcpProxy> proxies = new EnumMap<>(Service.class);
    for (Service service : Service.values()) {
      proxies.put(
          service,
          TcpProxy.listen(
              () -> new KafkaConversation(id -> topicNames.getOrDefault(id, id.toString()))));
    }
    LocalEnvironment environment =
        LocalEnvironment.start(
            options.withKafkaListeners(proxies.values().stream().map(TcpProxy::port).toList()));
    proxies
        .values()
        .forEach(proxy -> proxy.forwardTo(environment.kafka().listenerPort(proxy.port())));
    TripSystem system =
        start(name, partitions, new ChildProcesses(environment), proxies, topicNames);
    system.forgetTheDeadSoon();
    return system;
  }

  /** The same in an environment that runs already, without proxies before Kafka; closes it. */
  static TripSystem start(String name, int partitions, Environment environment) {
    return start(name, partitions, environment, Map.of(), new ConcurrentHashMap<>());
  }

  private static TripSystem start(
      String name,
      int partitions,
      Environment environment,
      Map<Service, TcpProxy> kafkaProxies,
      Map<Uuid, String> topicNames) {
    try {
      return new TripSystem(name, environment, kafkaProxies, topicNames, partitions);
    } catch (InterruptedException | ExecutionException | RuntimeException e) {
      environment.close();
      throw new IllegalStateException(e);
    }
  }

  /** A killed instance leaves its group after two seconds, where the default would be six. */
  private void forgetTheDeadSoon() {
    List<AlterConfigOp> soon =
        List.of(
            set("consumer.session.timeout.ms", "2000"),
            set("consumer.heartbeat.interval.ms", "500"));
    Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
    for (Service service : Service.values()) {
      changes.put(new ConfigResource(ConfigResource.Type.GROUP, service.participant()), soon);
    }
    try {
      admin.incrementalAlterConfigs(changes).all().get();
    } catch (InterruptedException | ExecutionException e) {
      close();
      throw new IllegalStateException(e);
    }
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  /** One instance of a service, behind the proxies. */
  ServiceProcess startBehindProxies(Service service, String instance) {
    return start(
        service,
        instance,
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            "127.0.0.1:" + kafkaProxy(service).port(),
            "DATABASE_URL",
            "jdbc:postgresql://127.0.0.1:%d/%s?sslmode=disable&gssEncMode=disable"
                .formatted(site(service).postgresProxy().port(), service.step())));
  }

  /** One instance of a service. */
  ServiceProcess start(Service service, String instance, Map<String, String> settings) {
    Map<String, String> environmentVariables = new HashMap<>();
    Database database = site(service).database();
    environmentVariables.put("KAFKA_BOOTSTRAP_SERVERS", environment.bootstrapServers());
    environmentVariables.put("SCHEMA_REGISTRY_URL", environment.registryUrl());
    environmentVariables.put("DATABASE_URL", database.jdbcUrl());
    environmentVariables.put("DATABASE_USER", database.user());
    environmentVariables.put("DATABASE_PASSWORD", database.password());
    environmentVariables.put("INVENTORY_SIZE", String.valueOf(INVENTORY));
    environmentVariables.putAll(settings);
    Path log = LOGS.resolve(name).resolve("%s-%s.log".formatted(service.participant(), instance));
    ServiceProcess process = ServiceProcess.start(service, log, environmentVariables);
    processes.add(process);
    return process;
  }

  /** Each service's instances share its partitions, and nobody else has any. */
  void awaitSharedBy(int instances) {
    for (Service service : Service.values()) {
      Awaitility.await("%d instances of %s share its partitions".formatted(instances, service))
          .atMost(PATIENCE)
          .until(() -> isSharedBy(service, instances));
    }
  }

  private boolean isSharedBy(Service service, int instances)
      throws InterruptedException, ExecutionException {
    ConsumerGroupDescription description;
    try {
      description =
          Objects.requireNonNull(
                  admin
                      .describeConsumerGroups(List.of(service.participant()))
                      .describedGroups()
                      .get(service.participant()))
              .get();
    } catch (ExecutionException e) {
      // A group exists from the first time that a member asks to join it.
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return false;
      }
      throw e;
    }
    return description.groupState() == GroupState.STABLE
        && description.members().size() == instances
        && description.members().stream()
            .noneMatch(member -> member.assignment().topicPartitions().isEmpty());
  }

  /** Publishes starts as anybody can: no header, the saga's id as the key. */
  void book(Collection<Booking> bookings) {
    bookings.forEach(booking -> sagas.add(booking.sagaId()));
    for (Booking booking : bookings) {
      publish(
          new ProducerRecord<>(
              "booking_started",
              booking.sagaId().getBytes(UTF_8),
              serializer.serialize("booking_started", booking.event())));
    }
    producer.flush();
  }

  void book(Booking... bookings) {
    book(List.of(bookings));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what is lost is missed by the verdict
  void publish(ProducerRecord<byte[], byte[]> record) {
    producer.send(record);
  }

  /** What the choreography's topics hold now. */
  TopicLog log() {
    producer.flush();
    return TopicLog.read(environment.bootstrapServers(), TripBooking.CHOREOGRAPHY.topics());
  }

  /** Waits until every saga that was booked has ended and every outbox is empty, and audits all. */
  Verdict awaitVerdict(Duration atMost) {
    Verdict.awaitEnd(this, atMost);
    return Verdict.of(this);
  }

  Set<String> sagas() {
    return Set.copyOf(sagas);
  }

  LocalPart kafka() {
    return environment().kafka();
  }

  LocalPart registry() {
    return environment().registry();
  }

  LocalPart postgres() {
    return environment().postgres();
  }

  TcpProxy kafkaProxy(Service service) {
    return Objects.requireNonNull(kafkaProxies.get(service), "no proxy is before this Kafka");
  }

  TcpProxy postgresProxy(Service service) {
    return site(service).postgresProxy();
  }

  /** A service's database, as its owner. */
  DataSource database(Service service) {
    return site(service).source();
  }

  /** For {@code bootstrap.servers}. */
  String bootstrapServers() {
    return environment.bootstrapServers();
  }

  /** The child processes, to be harmed. */
  LocalEnvironment environment() {
    if (environment instanceof ChildProcesses processes) {
      return processes.local();
    }
    throw new IllegalStateException(name + " runs on no child processes, but on " + environment);
  }

  /** Every row that a service has, in words, but for those that say how far it has read. */
  String rows(Service service) {
    StringBuilder rows = new StringBuilder();
    for (List<String> table :
        query(
            service,
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'choreography_position' ORDER BY 1")) {
      rows.append(table.get(0)).append('\n');
      query(
              service,
              "SELECT all_of_it::text FROM %s AS all_of_it ORDER BY 1".formatted(table.get(0)))
          .forEach(row -> rows.append("  ").append(row.get(0)).append('\n'));
    }
    return rows.toString();
  }

  /** Types a command of {@code ./saga}, and returns what it says. */
  String saga(String... arguments) {
    return SagaProgram.run(
        LOGS.resolve(name).resolve("saga-%d.log".formatted(programs.incrementAndGet())),
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS", environment.bootstrapServers(),
            "SCHEMA_REGISTRY_URL", environment.registryUrl(),
            "SAGA_CONFIG", ""),
        arguments);
  }

  /** Rows of a query on a service's database, each value as text. */
  List<List<String>> query(Service service, String sql, String... parameters) {
    try (Connection connection = site(service).source().getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      List<List<String>> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            row.add(String.valueOf(result.getString(i)));
          }
          rows.add(row);
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  long number(Service service, String sql, String... parameters) {
    return Long.parseLong(query(service, sql, parameters).get(0).get(0));
  }

  /** A connection to a service's database, past its proxy. */
  Connection connect(Service service) throws SQLException {
    return site(service).source().getConnection();
  }

  /** Deadlocks that PostgreSQL has resolved so far, over all three databases. */
  long deadlocks() {
    return Service.IN_ORDER.stream()
        .mapToLong(
            service ->
                number(
                    service,
                    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
        .sum();
  }

  /** How many records a service's group has not counted as read yet. */
  long lag(Service service) {
    try {
      Map<TopicPartition, OffsetAndMetadata> committed =
          admin
              .listConsumerGroupOffsets(service.participant())
              .partitionsToOffsetAndMetadata()
              .get();
      Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
      committed.keySet().forEach(partition -> latest.put(partition, OffsetSpec.latest()));
      Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(latest).all().get();
      return committed.entrySet().stream()
          .mapToLong(
              e -> Objects.requireNonNull(ends.get(e.getKey())).offset() - e.getValue().offset())
          .sum();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Until every service has counted everything as read. */
  void awaitAllRead() {
    for (Service service : Service.values()) {
      Awaitility.await(service + " has read everything")
          .atMost(PATIENCE)
          .until(() -> lag(service) == 0);
    }
  }

  /** Everything counts as unread again; no instance of the service may run. */
  void rewind(Service service) {
    try {
      Map<TopicPartition, OffsetAndMetadata> start = new HashMap<>();
      admin
          .listConsumerGroupOffsets(service.participant())
          .partitionsToOffsetAndMetadata()
          .get()
          .keySet()
          .forEach(partition -> start.put(partition, new OffsetAndMetadata(0)));
      admin.alterConsumerGroupOffsets(service.participant(), start).all().get();
      // The database decides where its participant reads.
      if (query(service, "DELETE FROM choreography_position RETURNING topic").isEmpty()) {
        throw new IllegalStateException(service + " has no positions");
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    processes.forEach(ServiceProcess::close);
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
    kafkaProxies.values().forEach(TcpProxy::close);
    sites.values().forEach(site -> site.postgresProxy().close());
    environment.close();
  }
}
