// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Ignored;
import dev.choreography.engine.Observer;
import dev.choreography.engine.RecordCounts;
import dev.choreography.engine.Trouble;
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.jdbc.JdbcJournal.Backlog;
import dev.choreography.kafka.Worker;
import dev.choreography.protocol.State;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * What a participant does, as Micrometer has it. All meters have the tag {@code participant}.
 *
 * <ul>
 *   <li>{@code choreography.steps}: steps that came to a state, by choreography, step and outcome,
 *       which is the state: {@code completed}, {@code failed}, {@code retrying}, {@code parked} ...
 *   <li>{@code choreography.handler}: time of calls by choreography, step, method and result
 *   <li>{@code choreography.batch}: journal rows in one transaction
 *   <li>{@code choreography.dead.letters}: records put aside
 *   <li>{@code choreography.ignored}: records without effect, by reason, see {@link Ignored}
 *   <li>{@code choreography.misplaced}: records on another partition than their key's
 *   <li>{@code choreography.outbox.events}, {@code choreography.outbox.age}: rows and seconds of
 *       the oldest; asked of the database whenever somebody looks
 *   <li>{@code choreography.lag}: records behind, the most of any partition
 * </ul>
 */
final class Meters implements Observer {

  private final MeterRegistry registry;
  private final Tags tags;
  private final DistributionSummary batch;
  private final Counter deadLetters;
  private final Map<List<Object>, Counter> steps = new ConcurrentHashMap<>();
  private final Map<List<Object>, Timer> calls = new ConcurrentHashMap<>();

  Meters(MeterRegistry registry, String participant, JdbcJournal journal) {
    this.registry = registry;
    this.tags = Tags.of("participant", participant);
    this.batch =
        DistributionSummary.builder("choreography.batch")
            .description("Journal rows in one transaction")
            .tags(tags)
            .register(registry);
    this.deadLetters =
        Counter.builder("choreography.dead.letters")
            .description("Records put aside")
            .tags(tags)
            .register(registry);
    outbox("choreography.outbox.events", "Rows of the outbox", journal, Backlog::events);
    outbox(
        "choreography.outbox.age", "Seconds that its oldest row is old", journal, Backlog::seconds);
  }

  private void outbox(
      String name, String description, JdbcJournal journal, ToDoubleFunction<Backlog> value) {
    Gauge.builder(name, journal, asked -> now(asked, value))
        .description(description)
        .tags(tags)
        .register(registry);
  }

  /** What was ignored, and what lay in the wrong place. */
  void records(RecordCounts counts) {
    for (Ignored reason : Ignored.values()) {
      FunctionCounter.builder("choreography.ignored", counts, all -> all.ignored(reason))
          .description("Records without effect")
          .tags(tags)
          .tag("reason", reason.tag())
          .register(registry);
    }
    FunctionCounter.builder("choreography.misplaced", counts, RecordCounts::misplaced)
        .description("Records on another partition than their key's")
        .tags(tags)
        .register(registry);
  }

  /** Of several workers the one that is most behind. */
  void lag(List<Worker> workers) {
    Gauge.builder(
            "choreography.lag",
            workers,
            all ->
                all.stream()
                    .mapToDouble(Worker::lag)
                    .filter(lag -> !Double.isNaN(lag))
                    .max()
                    .orElse(Double.NaN))
        .description("Records behind, the most of any partition")
        .tags(tags)
        .register(registry);
  }

  /** Not a number while the database is away. */
  private static double now(JdbcJournal journal, ToDoubleFunction<Backlog> value) {
    try {
      return value.applyAsDouble(journal.backlog());
    } catch (Trouble away) {
      return Double.NaN;
    }
  }

  @Override
  public void called(HostedStep step, String method, Duration took, boolean succeeded) {
    calls
        .computeIfAbsent(
            List.of(step.version(), method, succeeded),
            key ->
                Timer.builder("choreography.handler")
                    .description("Calls of handlers")
                    .tags(tagsOf(step))
                    .tag("method", method)
                    .tag("result", succeeded ? "success" : "error")
                    .register(registry))
        .record(took);
  }

  @Override
  public void reached(HostedStep step, State state) {
    steps
        .computeIfAbsent(
            List.of(step.version(), state),
            key ->
                Counter.builder("choreography.steps")
                    .description("Steps that came to a state")
                    .tags(tagsOf(step))
                    .tag("outcome", state.name().toLowerCase(Locale.ROOT))
                    .register(registry))
        .increment();
  }

  private Iterable<Tag> tagsOf(HostedStep step) {
    return tags.and(
        "choreography", step.choreography().name(),
        "version", String.valueOf(step.choreography().version()),
        "step", step.step().name());
  }

  @Override
  public void committed(int rows) {
    batch.record(rows);
  }

  @Override
  public void putAside(int records) {
    deadLetters.increment(records);
  }
}
