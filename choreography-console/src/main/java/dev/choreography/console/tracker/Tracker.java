// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.avro.EventClasses;
import dev.choreography.console.status.SagaStatus;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.tracker.Client.Running;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.streams.state.HostInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows every saga, and answers what is asked of them; those that another instance follows are
 * asked for there. When something is declared, it begins anew with the topics there are then, and
 * finds its state as it was. Safe for use by several threads.
 */
public final class Tracker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Tracker.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final Duration UNTIL_MISSING_TOPICS_ARE_LOOKED_FOR = Duration.ofSeconds(5);

  private final Sources sources;
  private final TrackerOptions options;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final Thread supervisor;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final DeclarationWatch watch;
  private volatile @Nullable Running running;
  private volatile String detail = "starting";
  private volatile Known known = new Known(List.of());

  private Tracker(Sources sources, TrackerOptions options) {
    this.sources = sources;
    this.options = options;
    this.watch = new DeclarationWatch(sources, closing);
    this.supervisor = new Thread(this::supervise, "tracker");
    supervisor.setDaemon(true);
  }

  /** Starts it, and does not wait for it. */
  public static Tracker start(Sources sources, TrackerOptions options) {
    EventClasses.trust(List.of(SagaStatus.class));
    Tracker tracker = new Tracker(sources, options);
    tracker.supervisor.start();
    return tracker;
  }

  private void supervise() {
    try (watch) {
      boolean created = false;
      while (!isClosing()) {
        try {
          if (!created) {
            sources.createCompacted(TrackerTopology.STATUS, TrackerOptions.PARTITIONS);
            created = true;
          }
          look();
        } catch (WakeupException e) {
          // It closes.
        } catch (RuntimeException e) {
          // Kafka or the registry does not answer: what runs goes on, what does not is tried again.
          detail = String.valueOf(e.getMessage());
          LOG.warn("event=tracker outcome=waiting: {}", detail);
          pause();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      stop();
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void pause() throws InterruptedException {
    var unused = closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() throws InterruptedException {
    boolean declared = watch.poll(BETWEEN_LOOKS);
    Running now = running;
    if (now != null && now.hasFailed()) {
      detail = now.failure();
      LOG.warn("event=tracker outcome=restarted: {}", detail);
      stop();
      pause();
      now = null;
    }
    if (isClosing()) {
      return;
    }
    if (now == null || declared || now.misses(UNTIL_MISSING_TOPICS_ARE_LOOKED_FOR)) {
      begin(now);
    }
  }

  private void begin(@Nullable Running now) throws InterruptedException {
    List<Declaration> declarations = sources.declarations();
    Set<String> events = sources.partitions(Known.events(declarations)).keySet();
    Known all = new Known(declarations, events.isEmpty() ? null : sources.kept(events));
    Set<String> topics = sources.partitions(all.topics()).keySet();
    if (topics.isEmpty()) {
      detail = "nothing is declared yet";
      return;
    }
    boolean missing = topics.size() < all.topics().size();
    if (now != null && now.isOf(topics, declarations)) {
      now.looked(missing);
      return;
    }
    stop();
    known = all;
    detail = "starting";
    running = Client.start(sources, all, new HashSet<>(topics), missing, options);
  }

  private void stop() {
    Running now = running;
    running = null;
    if (now != null) {
      now.close();
    }
  }

  /** Why nothing can be asked at the moment; nothing if it can. */
  public Optional<String> trouble() {
    try {
      shards();
      return Optional.empty();
    } catch (NotYetException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Whether this instance takes part; it may be that others' sagas cannot be asked for. */
  public Optional<String> ownTrouble() {
    Running now = running;
    if (now == null) {
      // A cluster on which nothing is declared is followed as well as can be.
      return detail.startsWith("nothing is declared") ? Optional.empty() : Optional.of(detail);
    }
    return now.isRunning() ? Optional.empty() : Optional.of(now.state());
  }

  /** What is declared, the newest version last. */
  public List<Declaration> declarations() {
    return known.all();
  }

  /** Starts whose deadlines lie before this are ignored by every participant; null if none is. */
  public @Nullable Instant horizon(Instant now) {
    return known.horizon(now);
  }

  /**
   * A page of a list.
   *
   * @throws NotYetException if not all of the sagas can be asked
   */
  public Page page(SagaQuery query) {
    return shards().page(query);
  }

  /** The saga that has been in flight for the longest time, stuck or not. */
  public Optional<Tracked> oldestInFlight() {
    Shards shards = shards();
    return Stream.of(Tracked.IN_FLIGHT, Tracked.STUCK)
        .flatMap(status -> shards.page(SagaQuery.oldest(status)).lines().stream())
        .map(Page.Line::saga)
        .min(java.util.Comparator.comparingLong(Tracked::started));
  }

  /**
   * All counts of a kind.
   *
   * @throws NotYetException if not all of the sagas can be asked
   */
  public Map<String, Long> counts(String kind) {
    return shards().counts(kind, Counter.all(kind));
  }

  /** The counts of a kind from some key on. */
  public Map<String, Long> counts(String kind, String from) {
    return shards().counts(kind, from);
  }

  /** Every record of a saga, in no order; none if it is not known. */
  public List<ConsumerRecord<byte[], byte[]>> events(String choreography, String saga) {
    SagaKey key = new SagaKey(choreography, saga);
    return shard(key).events(key).stream().map(StoredEvent::of).toList();
  }

  /** A saga's summary, none if it is not known or has left. */
  public Optional<Tracked> saga(String choreography, String saga) {
    SagaKey key = new SagaKey(choreography, saga);
    return Optional.ofNullable(shard(key).saga(key)).filter(found -> !found.isGone());
  }

  private Shard shard(SagaKey key) {
    Running now = running();
    HostInfo owner = now.owners().get(key.partition(TrackerOptions.PARTITIONS));
    if (owner == null) {
      throw new NotYetException("the sagas are being shared out");
    }
    return owner.equals(options.address())
        ? now.local(key.partition(TrackerOptions.PARTITIONS))
        : new Peer(http, owner, options.token());
  }

  /**
   * What another instance asks of this one.
   *
   * @param what the path after {@code /peer/}
   * @throws IllegalArgumentException if nobody would ask that
   */
  public JsonNode peer(String what, Map<String, String> parameters) {
    Running now = running();
    List<Shard> own = new ArrayList<>();
    now.owners()
        .forEach(
            (partition, owner) -> {
              if (owner.equals(options.address())) {
                own.add(now.local(partition));
              }
            });
    return Peer.answer(new Shards(own), what, parameters);
  }

  /** How many instances share the sagas. */
  public int instances() {
    Running now = running;
    return now == null ? 0 : Set.copyOf(now.owners().values()).size();
  }

  private Running running() {
    Running now = running;
    if (now == null) {
      throw new NotYetException("the tracker is not running: " + detail);
    }
    return now;
  }

  private Shards shards() {
    Running now = running;
    if (now == null && detail.startsWith("nothing is declared")) {
      return new Shards(List.of());
    }
    now = running();
    Map<Integer, HostInfo> owners = now.owners();
    if (owners.size() < TrackerOptions.PARTITIONS) {
      throw new NotYetException("the tracker is starting: its sagas are being shared out");
    }
    List<Shard> shards = new ArrayList<>();
    Collection<HostInfo> others = new HashSet<>();
    for (Map.Entry<Integer, HostInfo> owner : owners.entrySet()) {
      if (owner.getValue().equals(options.address())) {
        shards.add(now.local(owner.getKey()));
      } else if (others.add(owner.getValue())) {
        shards.add(new Peer(http, owner.getValue(), options.token()));
      }
    }
    return new Shards(shards);
  }

  /** Leaves the group; others take over at once. */
  @Override
  public void close() {
    closing.countDown();
    watch.wakeup();
    try {
      supervisor.join(Duration.ofSeconds(20).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
