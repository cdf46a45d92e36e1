// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A Kafka of one node, broker and controller in one. Topics are not made by themselves. Sessions of
 * consumers may be as short as 1 s; those of the consumer, share and streams group protocols last 6
 * s by default, with a heartbeat a second.
 */
public final class LocalKafka extends LocalPart {
  private static final String UP = "choreography-local: the broker is up";

  private final int port;
  private final Map<Integer, Integer> listeners;

  private LocalKafka(Child child, DataFolder folder, int port, Map<Integer, Integer> listeners) {
    super(child, folder);
    this.port = port;
    this.listeners = listeners;
  }

  /** Starts one on a free port with temporary data. */
  public static LocalKafka start() {
    return start(LocalOptions.defaults());
  }

  /**
   * Starts one; about 2.5 s.
   *
   * @throws IllegalStateException if it does not come up in time
   */
  public static LocalKafka start(LocalOptions options) {
    Programs programs = Programs.find();
    DataFolder root = DataFolder.of(options.dataFolder());
    Path folder = root.path().resolve("kafka");
    int port = Ports.orFree(options.kafkaPort());
    Map<Integer, Integer> listeners = new TreeMap<>();
    options.kafkaListeners().forEach(advertised -> listeners.put(advertised, Ports.orFree(0)));
    try {
      Files.createDirectories(folder);
      Path settings = folder.resolve("kafka.properties");
      Files.writeString(
          settings, settings(folder.resolve("data"), port, Ports.orFree(0), listeners));
      Path logging = folder.resolve("log4j2.xml");
      try (InputStream in = Programs.resource("kafka-log4j2.xml")) {
        Files.copy(in, logging, StandardCopyOption.REPLACE_EXISTING);
      }
      Path classes = folder.resolve("classes");
      JavaProgram.copy(KafkaNode.class, classes);
      List<String> command =
          new JavaProgram(
                  JavaHome.running(),
                  List.of("-Xmx256m", "-Dlog4j2.configurationFile=" + logging),
                  programs.kafkaClassPath(),
                  KafkaNode.class.getName(),
                  List.of(settings.toString(), UP))
              .command(classes);
      return started(
          new LocalKafka(
              new Child(
                  new Child.Program(
                      "Kafka", port, command, folder.resolve("kafka.log"), UP, folder, false),
                  options),
              root,
              port,
              listeners));
    } catch (IOException e) {
      root.close();
      throw new UncheckedIOException("Kafka could not be prepared in " + folder, e);
    }
  }

  /** For {@code bootstrap.servers}: {@code 127.0.0.1:<port>}. */
  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /**
   * Where the broker listens for those who were told to connect to this port.
   *
   * @param advertised one of {@link LocalOptions#kafkaListeners()}
   */
  public int listenerPort(int advertised) {
    Integer listener = listeners.get(advertised);
    if (listener == null) {
      throw new IllegalArgumentException(
          "port " + advertised + " is not among the advertised ones, " + listeners.keySet());
    }
    return listener;
  }

  private static String settings(
      Path data, int port, int controllerPort, Map<Integer, Integer> listeners) {
    StringBuilder protocols = new StringBuilder("CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
    StringBuilder further = new StringBuilder();
    StringBuilder advertised = new StringBuilder();
    listeners.forEach(
        (clients, broker) -> {
          protocols.append(",BEHIND_").append(clients).append(":PLAINTEXT");
          further.append(",BEHIND_").append(clients).append("://127.0.0.1:").append(broker);
          advertised.append(",BEHIND_").append(clients).append("://127.0.0.1:").append(clients);
        });
    return """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%3$s
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=%4$s
        listeners=PLAINTEXT://127.0.0.1:%2$s,CONTROLLER://127.0.0.1:%3$s%5$s
        advertised.listeners=PLAINTEXT://127.0.0.1:%2$s%6$s
        log.dirs=%1$s
        auto.create.topics.enable=false

        # One node, so one replica.
        default.replication.factor=1
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=1
        share.coordinator.state.topic.replication.factor=1
        share.coordinator.state.topic.min.isr=1
        share.coordinator.state.topic.num.partitions=1

        # After a kill the node waits for its own former session to end.
        broker.session.timeout.ms=2000
        broker.heartbeat.interval.ms=500

        # Nobody waits for members of a group that are not there.
        group.initial.rebalance.delay.ms=0
        group.min.session.timeout.ms=1000
        group.consumer.min.session.timeout.ms=1000
        group.consumer.session.timeout.ms=6000
        group.consumer.min.heartbeat.interval.ms=500
        group.consumer.heartbeat.interval.ms=1000
        group.share.min.session.timeout.ms=1000
        group.share.session.timeout.ms=6000
        group.share.min.heartbeat.interval.ms=500
        group.share.heartbeat.interval.ms=1000
        group.streams.min.session.timeout.ms=1000
        group.streams.session.timeout.ms=6000
        group.streams.min.heartbeat.interval.ms=500
        group.streams.heartbeat.interval.ms=1000

        # 128 MB by default, half of the heap.
        log.cleaner.dedupe.buffer.size=8388608
        """
        .formatted(data, port, controllerPort, protocols, further, advertised);
  }
}
