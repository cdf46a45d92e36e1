// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.EventCodec;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Published;
import dev.choreography.engine.Timers;
import dev.choreography.engine.Trouble;
import dev.choreography.kafka.KafkaRelay;
import dev.choreography.kafka.Worker;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running service that hosts steps of choreographies, starts sagas, or both, from {@link
 * ParticipantBuilder#start()} to {@link #close()}. Its threads keep the process alive. Safe for use
 * by several threads.
 */
public final class Participant implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Participant.class);
  private static final long CLOSE_SECONDS = 30;

  /** The pause between two looks at what could not be written. */
  private static final long RETRY_SECONDS = 5;

  private final String name;
  private final Set<Choreography> choreographies;
  private final Emitter emitter;
  private final KafkaRelay relay;
  private final Published published;
  private final List<Intake> intakes;
  private final List<Worker> workers;
  private final @Nullable Timers timers;
  private final Housekeeping housekeeping;
  private final HealthNotes notes;
  private final ExecutorService workerThreads;
  private final ScheduledExecutorService housekeepingThread;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Consumer<Throwable> onFatalError;
  private volatile @Nullable String dead;

  @SuppressWarnings("FutureReturnValueIgnored") // neither lets an exception out
  Participant(
      String name,
      Set<Choreography> choreographies,
      Emitter emitter,
      KafkaRelay relay,
      Published published,
      List<Intake> intakes,
      List<Worker> workers,
      @Nullable Timers timers,
      Housekeeping housekeeping,
      HealthNotes notes,
      ClockComparison clocks,
      Consumer<Throwable> onFatalError) {
    this.name = name;
    this.choreographies = choreographies;
    this.emitter = emitter;
    this.relay = relay;
    this.published = published;
    this.intakes = intakes;
    this.workers = workers;
    this.timers = timers;
    this.housekeeping = housekeeping;
    this.notes = notes;
    this.onFatalError = onFatalError;
    this.workerThreads = Executors.newFixedThreadPool(workers.size() + 1, threads("worker"));
    this.housekeepingThread = Executors.newSingleThreadScheduledExecutor(threads("housekeeping"));
    workers.forEach(worker -> workerThreads.execute(() -> watched("a worker", worker)));
    if (timers != null) {
      workerThreads.execute(() -> watched("the timers", timers));
    }
    this.housekeepingThread.scheduleWithFixedDelay(
        () -> watched("the housekeeping", housekeeping), 1, 2, TimeUnit.SECONDS);
    this.housekeepingThread.scheduleWithFixedDelay(
        emitter.codec()::retry, RETRY_SECONDS, RETRY_SECONDS, TimeUnit.SECONDS);
    this.housekeepingThread.scheduleWithFixedDelay(clocks, 1, 1, TimeUnit.MINUTES);
  }

  /**
   * Begins the description of a participant.
   *
   * @param name the owner's name in declarations; also the consumer group and the {@code ce_source}
   *     of its events, so it never changes
   */
  public static ParticipantBuilder named(String name) {
    return new ParticipantBuilder(name);
  }

  /** Runs what is never to end by an error. */
  private void watched(String what, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      dead = "%s ended by an error, the process is to be started again: %s".formatted(what, e);
      if (!closed.get()) {
        // On a thread of its own: whoever ends the process waits for this one.
        new Thread(() -> onFatalError.accept(e), name + "-fatal-error").start();
      }
      throw e;
    }
  }

  /** Whether it is working, and how much it has done. */
  public Health health() {
    String trouble =
        closed.get()
            ? "closed"
            : Stream.of(
                    workers.stream().map(Worker::trouble),
                    Stream.ofNullable(timers).map(Timers::trouble),
                    Stream.of(housekeeping).map(Housekeeping::trouble),
                    Stream.ofNullable(dead),
                    Stream.of(relay).map(KafkaRelay::trouble),
                    Stream.of(emitter.codec()).map(EventCodec::trouble))
                .flatMap(troubles -> troubles)
                .filter(Objects::nonNull)
                .collect(Collectors.joining("; "));
    return new Health(
        trouble.isEmpty(),
        trouble,
        notes.warnings(),
        notes.counts(),
        intakes.stream().mapToLong(Intake::steps).sum(),
        intakes.stream().mapToLong(Intake::batches).sum());
  }

  /**
   * What starts sagas of a choreography.
   *
   * @throws IllegalArgumentException if the participant was described neither as hosting a step of
   *     it nor as starting it
   */
  public SagaStarter starter(Choreography choreography) {
    if (!choreographies.contains(choreography)) {
      throw new IllegalArgumentException(
          "participant %s does not know %s, say starts(choreography)"
              .formatted(name, choreography));
    }
    return new OutboxStarter(choreography, emitter, relay, published);
  }

  /**
   * Finishes the batches under way, publishes what they emitted and hands the partitions over.
   * Takes as long as a batch, 30 seconds at most; what could not be finished by then is rolled back
   * and done by another instance.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    workers.forEach(Worker::stop);
    if (timers != null) {
      timers.close();
    }
    workerThreads.shutdown();
    housekeepingThread.shutdown();
    try {
      if (!workerThreads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("participant={} a batch did not end in {} s", name, CLOSE_SECONDS);
        workerThreads.shutdownNow();
      }
      if (!housekeepingThread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        housekeepingThread.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    intakes.forEach(Intake::close);
    relay.close();
    try {
      housekeeping.forget();
    } catch (Trouble e) {
      LOG.info("participant={} published events stay in the outbox: {}", name, e.getMessage());
    }
    Health end = health();
    LOG.info("participant={} closed: {} steps in {} batches", name, end.steps(), end.batches());
  }

  private ThreadFactory threads(String what) {
    return task -> {
      Thread thread = new Thread(task, name + "-" + what);
      thread.setDaemon(what.equals("housekeeping"));
      return thread;
    };
  }

  /**
   * How a participant is.
   *
   * @param up whether every worker has joined its group, and what reads, publishes, wakes and
   *     tidies gets on
   * @param trouble what keeps it from that, empty when up
   * @param warnings what an operator should see to although it works, a sentence each
   * @param counts how many records since the start had no effect, by reason, such as {@code ignored
   *     older_version}, or lay on another partition than their key's; what never happened is not in
   *     it
   * @param steps journal rows that had their turn since the start
   * @param batches the transactions in which they had it
   */
  public record Health(
      boolean up,
      String trouble,
      List<String> warnings,
      SortedMap<String, Long> counts,
      long steps,
      long batches) {}
}
