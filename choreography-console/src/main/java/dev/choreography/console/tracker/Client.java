// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.console.trace.Declaration;
import dev.choreography.control.ChoreographyDeclared;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.HostInfo;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/** Kafka Streams, from one start to its end. */
final class Client {

  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  /** Of an event; a longer one is shortened even where a topic takes it. */
  private static final int MOST_KEPT = 8 * MIB;

  /** A record's key, and what Kafka puts around it, in bytes. */
  private static final int OVERHEAD = 8 * KIB;

  private Client() {}

  /** Those that hold whole events. */
  private static List<String> ownTopics(TrackerOptions options) {
    return List.of(
        options.group() + "-" + TrackerTopology.BY_SAGA + "-repartition",
        options.group() + "-" + Stores.EVENTS + "-changelog");
  }

  static Running start(
      Sources sources, Known known, Set<String> topics, boolean missing, TrackerOptions options)
      throws InterruptedException {
    int largest = sources.largestRecord(ownTopics(options), MOST_KEPT) - OVERHEAD;
    KafkaStreams streams =
        new KafkaStreams(
            TrackerTopology.of(
                known,
                topics,
                sources,
                largest,
                () -> new JustDeclared(sources),
                new StatusWriter(sources.properties()),
                options),
            properties(sources, options));
    Running running = new Running(streams, topics, known.all(), options, missing);
    streams.setUncaughtExceptionHandler(
        failure -> {
          running.failure = String.valueOf(failure);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
    return running;
  }

  private static Properties properties(Sources sources, TrackerOptions options) {
    Properties all = new Properties();
    all.putAll(sources.properties());
    all.remove(ConsumerConfig.GROUP_ID_CONFIG);
    all.put(StreamsConfig.APPLICATION_ID_CONFIG, options.group());
    all.put(
        StreamsConfig.APPLICATION_SERVER_CONFIG,
        options.address().host() + ":" + options.address().port());
    all.put(StreamsConfig.STATE_DIR_CONFIG, options.state().toString());
    all.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    all.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    // As many as the broker says.
    all.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, -1);
    all.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    // With a second instance: what one has is there at once when the other takes over.
    all.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, 1);
    // What a saga's line says is behind by twice this.
    all.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
    all.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 16 * MIB);
    all.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SmallStores.class.getName());
    all.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, 60_000L);
    all.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // A commit sends thousands of small records: in few requests, and compressed.
    all.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * KIB);
    all.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    // Whether a record is too large is said above, not by a setting for others.
    all.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 2 * MOST_KEPT);
    // One that was killed is missed so soon.
    all.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 6_000);
    all.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 1_500);
    return all;
  }

  /** One that was started. */
  static final class Running implements AutoCloseable {

    private static final Duration TO_CLOSE = Duration.ofSeconds(15);

    private final KafkaStreams streams;
    private final Set<String> topics;
    private final List<Declaration> declarations;
    private final TrackerOptions options;
    private volatile @Nullable String failure;
    private volatile boolean missing;
    private volatile long looked = System.nanoTime();

    private Running(
        KafkaStreams streams,
        Set<String> topics,
        List<Declaration> declarations,
        TrackerOptions options,
        boolean missing) {
      this.streams = streams;
      this.topics = topics;
      this.declarations = declarations;
      this.options = options;
      this.missing = missing;
    }

    boolean isOf(Set<String> someTopics, List<Declaration> someDeclarations) {
      return topics.equals(someTopics) && declared(declarations).equals(declared(someDeclarations));
    }

    /** Two declarations that say the same are not equal: their graphs are made anew. */
    private static List<ChoreographyDeclared> declared(List<Declaration> declarations) {
      return declarations.stream().map(Declaration::declared).toList();
    }

    /** Whether it is time to look for topics that did not exist. */
    boolean misses(Duration after) {
      return missing && System.nanoTime() - looked > after.toNanos();
    }

    void looked(boolean stillMissing) {
      missing = stillMissing;
      looked = System.nanoTime();
    }

    boolean hasFailed() {
      State state = streams.state();
      return state == State.ERROR
          || state == State.PENDING_ERROR
          || state == State.NOT_RUNNING
          || state == State.PENDING_SHUTDOWN;
    }

    String failure() {
      return failure == null ? "Kafka Streams is " + streams.state() : failure;
    }

    boolean isRunning() {
      return streams.state() == State.RUNNING;
    }

    String state() {
      return "the tracker is starting: Kafka Streams is " + streams.state();
    }

    /** Which instance has which partition. */
    Map<Integer, HostInfo> owners() {
      Map<Integer, HostInfo> owners = new TreeMap<>();
      try {
        for (StreamsMetadata instance : streams.metadataForAllStreamsClients()) {
          for (TopicPartition partition : instance.topicPartitions()) {
            if (partition
                .topic()
                .equals(options.group() + "-" + TrackerTopology.BY_SAGA + "-repartition")) {
              owners.put(partition.partition(), instance.hostInfo());
            }
          }
        }
      } catch (IllegalStateException e) {
        throw new NotYetException(state(), e);
      }
      return owners;
    }

    Shard local(int partition) {
      return new LocalShard(name -> store(name, partition));
    }

    private ReadOnlyKeyValueStore<Bytes, byte[]> store(String name, int partition) {
      try {
        return streams.store(
            StoreQueryParameters.fromNameAndType(
                    name, QueryableStoreTypes.<Bytes, byte[]>keyValueStore())
                .withPartition(partition));
      } catch (InvalidStateStoreException | IllegalStateException e) {
        throw new NotYetException(state(), e);
      }
    }

    @Override
    public void close() {
      streams.close(
          CloseOptions.timeout(TO_CLOSE)
              .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    }
  }
}
