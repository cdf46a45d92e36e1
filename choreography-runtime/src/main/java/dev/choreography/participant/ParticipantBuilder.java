// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.avro.EventClasses;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.ParticipantBound;
import dev.choreography.engine.DatabaseIdentity;
import dev.choreography.engine.DueTimes;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Journal.StepVersion;
import dev.choreography.engine.Published;
import dev.choreography.engine.Retention;
import dev.choreography.engine.Timers;
import dev.choreography.engine.Tracing;
import dev.choreography.engine.Trouble;
import dev.choreography.jdbc.DatabaseClock;
import dev.choreography.jdbc.HostedVersions;
import dev.choreography.jdbc.IdentityTable;
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.jdbc.Migrations;
import dev.choreography.jdbc.Privileges;
import dev.choreography.jdbc.SqlTrouble;
import dev.choreography.kafka.BrokerClock;
import dev.choreography.kafka.DatabaseBindings;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaRelay;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.ObservedTopics;
import dev.choreography.kafka.SettingsCheck;
import dev.choreography.kafka.Subscription;
import dev.choreography.kafka.Topics;
import dev.choreography.kafka.Worker;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The description of a participant. Not for use by several threads. */
public final class ParticipantBuilder {

  private static final Logger LOG = LoggerFactory.getLogger(ParticipantBuilder.class);
  private static final long PAUSE_MS = 1_000;

  private final String name;
  private final List<Hosting> hostings = new ArrayList<>();
  private final Set<Choreography> choreographies = new LinkedHashSet<>();
  private final Set<Choreography> starting = new LinkedHashSet<>();
  private final Set<Choreography> adopting = new LinkedHashSet<>();
  private @Nullable DataSource dataSource;
  private @Nullable UUID replaced;
  private @Nullable KafkaSettings kafka;
  private @Nullable KafkaCodec codec;
  private boolean migrate = true;
  private int workers = 1;
  private Clock clock = Clock.systemUTC();
  private Duration patience = Duration.ofMinutes(5);
  private @Nullable Duration retention;
  private @Nullable MeterRegistry meters;
  private @Nullable OpenTelemetry telemetry;
  private Consumer<Throwable> onFatalError = ProcessExit.INSTANCE;

  ParticipantBuilder(String name) {
    this.name = name;
  }

  /** Hosts a step with {@link StepOptions#defaults()}. */
  public ParticipantBuilder hosts(
      Choreography choreography, String step, StepHandler<?, ?> handler) {
    return hosts(choreography, step, handler, StepOptions.defaults());
  }

  /**
   * Hosts a step.
   *
   * @param step the step's name in the declaration; its owner is this participant
   * @param handler called on threads of the participant's
   * @param options retries and the time limit of a call
   */
  public ParticipantBuilder hosts(
      Choreography choreography, String step, StepHandler<?, ?> handler, StepOptions options) {
    choreographies.add(choreography);
    hostings.add(new Hosting(choreography, step, handler, options));
    return this;
  }

  /** Starts sagas of a choreography, see {@link Participant#starter}. */
  public ParticipantBuilder starts(Choreography choreography) {
    choreographies.add(choreography);
    starting.add(choreography);
    return this;
  }

  /**
   * In which version bare starts begin their sagas where several are hosted: the newest unless
   * said. So the owner of the first root can host the next version, as all others do, before any
   * saga of it begins; and can go back to beginning the older while it still hosts both.
   *
   * @param choreography one whose first root this participant hosts
   */
  public ParticipantBuilder adopts(Choreography choreography) {
    adopting.add(choreography);
    return this;
  }

  /**
   * The participant's own PostgreSQL database, where its tables are and the framework's will be. A
   * worker uses one connection at a time, timers and housekeeping two others, and ending an overdue
   * call one more.
   */
  public ParticipantBuilder database(DataSource source) {
    this.dataSource = source;
    return this;
  }

  /**
   * The identity of the database that this one replaces, as the refused start told it. A
   * participant that hosts steps is bound to its database, and {@link #start()} refuses another: it
   * knows nothing of what was done over the first. This says that the other is to be gone on with
   * all the same, after what the first has done was seen to. It has an effect once: whichever
   * database comes next is refused again.
   *
   * @param identity null for none
   */
  public ParticipantBuilder replacesDatabase(@Nullable UUID identity) {
    this.replaced = identity;
    return this;
  }

  /**
   * {@code bootstrap.servers}, {@code schema.registry.url}, and what else Kafka's clients or the
   * serde take.
   */
  public ParticipantBuilder kafka(Properties properties) {
    this.kafka = KafkaSettings.of(properties);
    this.codec = null;
    return this;
  }

  /**
   * Whether {@link #start()} brings the framework's tables up to date, which it does unless told
   * otherwise; if not, it refuses where something is missing.
   */
  public ParticipantBuilder migrate(boolean atStart) {
    this.migrate = atStart;
    return this;
  }

  /** How many threads handle batches, each with a consumer of its own; 1 unless said. */
  public ParticipantBuilder workers(int threads) {
    this.workers = threads;
    return this;
  }

  /**
   * Dates events and tells how long journal rows are kept; the system's clock by default. Deadlines
   * are judged by the database's.
   */
  public ParticipantBuilder clock(Clock time) {
    this.clock = time;
    return this;
  }

  /**
   * How long after its deadline the journal rows of a saga are kept, once its steps have ended.
   * Unless said: as long as any of its topics may hold an event of it, which is their retention,
   * the time that they keep a segment open, and a day; for ever where a topic keeps events for
   * ever. Less is refused at the start, since late events would begin ended sagas anew.
   */
  public ParticipantBuilder retention(Duration afterDeadline) {
    this.retention = afterDeadline;
    return this;
  }

  /**
   * How long {@link #start()} waits for Kafka, the schema registry or the database where nothing
   * else is wrong than that they do not answer; five minutes unless said, zero to refuse at once.
   */
  public ParticipantBuilder patience(Duration atMost) {
    this.patience = atMost;
    return this;
  }

  /**
   * Where to count and time what the participant does: {@code choreography.steps} by outcome,
   * {@code choreography.handler}, {@code choreography.batch}, {@code choreography.dead.letters},
   * {@code choreography.ignored} by reason, {@code choreography.misplaced}, {@code
   * choreography.outbox.events} and {@code .age}, and {@code choreography.lag}; nowhere unless
   * said.
   */
  public ParticipantBuilder meters(MeterRegistry registry) {
    this.meters = registry;
    return this;
  }

  /**
   * Where to trace what the participant does: a span for each thing that a step does, continuing
   * that of the event which led to it in whatever participant, see {@code docs/observability.md};
   * nowhere unless said. A trace context that comes with an event is passed on in any case.
   *
   * @param to null for nowhere; it stays the caller's to close, after the participant
   */
  public ParticipantBuilder traces(@Nullable OpenTelemetry to) {
    this.telemetry = to;
    return this;
  }

  /**
   * Sets the reaction to an error that ends one of the participant's threads, such as an {@link
   * OutOfMemoryError}; its health says so from then on, and it does not recover. By default the
   * process exits with status 70, so that its supervisor starts it again. For use within a larger
   * application.
   *
   * @param handler called once for each thread that ends, on a thread of its own
   */
  public ParticipantBuilder onFatalError(Consumer<Throwable> handler) {
    this.onFatalError = handler;
    return this;
  }

  /**
   * Checks everything that can be checked, and starts. What does not answer is waited for, see
   * {@link #patience}, and named in the log.
   *
   * @throws StartRefusedException listing every problem
   */
  public Participant start() {
    long until = System.nanoTime() + patience.toNanos();
    while (true) {
      Problems problems = new Problems();
      Participant started = startUnless(problems);
      if (started != null) {
        return started;
      }
      if (!problems.mayPass() || System.nanoTime() - until > 0 || pauseIsInterrupted()) {
        throw new StartRefusedException(name, problems.all());
      }
      LOG.warn("participant={} outcome=waiting: {}", name, String.join("; ", problems.all()));
    }
  }

  private void measure(
      JdbcJournal journal, Inbox inbox, List<Intake> intakes, List<Worker> running) {
    if (meters != null) {
      Meters measured = new Meters(meters, name, journal);
      intakes.forEach(intake -> intake.observedBy(measured));
      measured.lag(running);
      measured.records(inbox.counts());
    }
  }

  private static boolean pauseIsInterrupted() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private @Nullable Participant startUnless(Problems problems) {
    List<HostedStep> steps = hostedSteps(problems);
    checkAdopting(problems);
    TopicUse.check(name, choreographies, problems::add);
    if (workers < 1) {
      problems.add("workers is %s, at least 1 is needed".formatted(workers));
    }
    DataSource database = dataSource;
    DatabaseIdentity identity = null;
    if (database == null) {
      problems.add("no database, say database(dataSource)");
    } else {
      identity = prepare(database, steps, problems);
    }
    KafkaSettings settings = kafka;
    Opened opened = null;
    if (settings == null) {
      problems.add("no Kafka, say kafka(properties)");
    } else {
      List<String> refused = SettingsCheck.problems(settings, name);
      refused.forEach(problems::add);
      if (refused.isEmpty()) {
        checkBatchLimit(settings, problems);
        opened = open(settings, identity, problems);
      }
    }
    if (!problems.isEmpty() || database == null || settings == null || opened == null) {
      return null;
    }
    return run(steps, database, settings, opened);
  }

  private Participant run(
      List<HostedStep> steps, DataSource database, KafkaSettings settings, Opened opened) {
    Tracing tracing = telemetry == null ? Tracing.PASSED_ON : new Traces(telemetry, name);
    Emitter emitter = new Emitter(name, opened.codec(), clock, tracing);
    KafkaRelay relay =
        new KafkaRelay(settings, Topics.deadLetters(name), opened.codec()::suspectLimits);
    JdbcJournal journal = new JdbcJournal(database, longestCall());
    Published published = new Published();
    Retention kept = new Retention(retention == null ? opened.kept() : retention, clock);
    Inbox inbox = new Inbox(steps, opened.codec(), kept, adopting);
    Subscription subscription =
        new Subscription(settings, name, opened.newGroupProtocol(), inbox.topics());
    ObservedTopics topics = new ObservedTopics(settings, choreographies);
    Duration limit = settings.batchLimit(longestCall());
    DueTimes dueTimes = new DueTimes();
    List<Intake> intakes = new ArrayList<>();
    List<Worker> running = new ArrayList<>();
    for (int i = 0; i < workers && !steps.isEmpty(); i++) {
      Intake intake =
          new Intake(name + "-handler-" + i, inbox, journal, relay, published, emitter, dueTimes);
      intake.limitedTo(limit);
      intakes.add(intake);
      running.add(
          new Worker(subscription.ofWorker(i, workers), intake, journal, relay, topics, clock));
    }
    Timers timers = null;
    if (!steps.isEmpty()) {
      Intake intake =
          new Intake(name + "-handler-timers", inbox, journal, relay, published, emitter, dueTimes);
      intake.limitedTo(limit);
      intakes.add(intake);
      timers = new Timers(intake, dueTimes, clock);
    }
    measure(journal, inbox, intakes, running);
    HealthNotes notes = new HealthNotes();
    notes.countedBy(inbox.counts()::all);
    ClockComparison clocks = clocks(database, settings, opened);
    notes.warnedBy(clocks::warnings);
    Housekeeping housekeeping =
        new Housekeeping(
            journal,
            relay,
            published,
            () -> intakes.stream().mapToLong(Intake::batches).sum(),
            kept,
            System::nanoTime);
    notes.warnedBy(topics::warnings);
    running.forEach(worker -> notes.warnedBy(worker::warnings));
    return new Participant(
        name,
        Set.copyOf(choreographies),
        emitter,
        relay,
        published,
        intakes,
        running,
        timers,
        housekeeping,
        notes,
        clocks,
        onFatalError);
  }

  private void checkBatchLimit(KafkaSettings settings, Problems problems) {
    if (settings.batchLimit(longestCall()).compareTo(Duration.ZERO) <= 0) {
      problems.add(
          "max.poll.interval.ms is %s, and two calls of a handler may take %s each: Kafka would take the instance for dead; raise it above twice the longest time limit, or lower that"
              .formatted(settings.maxPollInterval(), longestCall()));
    }
  }

  private Duration longestCall() {
    return hostings.stream()
        .map(hosting -> hosting.options().timeLimit())
        .max(Comparator.naturalOrder())
        .orElse(StepOptions.defaults().timeLimit());
  }

  private ClockComparison clocks(DataSource database, KafkaSettings settings, Opened opened) {
    BrokerClock broker = new BrokerClock(settings, name);
    ClockComparison clocks =
        new ClockComparison(
            name,
            clock,
            () -> DatabaseClock.instant(database),
            opened.brokerDates() ? broker::instant : null);
    clocks.run();
    if (!opened.brokerDates()) {
      LOG.info(
          "participant={} the clock is not compared with the broker's: only with message.timestamp.type=LogAppendTime on topic {} does it tell its own",
          name,
          Topics.CHOREOGRAPHIES);
    }
    return clocks;
  }

  private List<HostedStep> hostedSteps(Problems problems) {
    if (choreographies.isEmpty()) {
      problems.add("it hosts no step and starts no saga, say hosts(...) or starts(...)");
    }
    List<HostedStep> hosted = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (Hosting hosting : hostings) {
      Choreography choreography = hosting.choreography();
      if (!taken.add(choreography.id() + " " + hosting.step())) {
        problems.add("step %s of %s is hosted twice".formatted(hosting.step(), choreography));
      } else if (choreography.steps().stream().noneMatch(s -> s.name().equals(hosting.step()))) {
        problems.add(
            "%s has no step %s, its steps are %s"
                .formatted(
                    choreography,
                    hosting.step(),
                    choreography.steps().stream().map(Step::name).toList()));
      } else {
        Step step = choreography.step(hosting.step());
        if (!step.owner().equals(name)) {
          problems.add(
              "step %s of %s is owned by %s, not by %s"
                  .formatted(step.name(), choreography, step.owner(), name));
        }
        List<String> unfit = new ArrayList<>();
        HandlerCheck.check(step, hosting.handler(), unfit);
        unfit.forEach(problems::add);
        hosted.add(
            new HostedStep(
                choreography,
                choreography.indexOf(step.name()),
                typed(hosting.handler()),
                HandlerCheck.confirms(hosting.handler()),
                hosting.options()));
      }
    }
    for (Choreography choreography : choreographies) {
      for (Step step : choreography.steps()) {
        boolean started = hostings.stream().anyMatch(h -> h.choreography() == choreography);
        if (started
            && step.owner().equals(name)
            && !taken.contains(choreography.id() + " " + step.name())) {
          problems.add(
              "step %s of %s is owned by %s and not hosted, say hosts(..., \"%s\", handler)"
                  .formatted(step.name(), choreography, name, step.name()));
        }
      }
    }
    return hosted;
  }

  private void checkAdopting(Problems problems) {
    Set<String> names = new HashSet<>();
    for (Choreography choreography : adopting) {
      Step first = choreography.steps().get(0);
      if (hostings.stream()
          .noneMatch(
              h ->
                  h.choreography().id().equals(choreography.id())
                      && h.step().equals(first.name()))) {
        problems.add(
            "it adopts bare starts of %s and does not host step %s of it, whose owner %s adopts them: leave adopts(...) to that one"
                .formatted(choreography, first.name(), first.owner()));
      }
      if (!names.add(choreography.name())) {
        problems.add(
            "it adopts bare starts of %s in two versions, say adopts(...) for one of them"
                .formatted(choreography.name()));
      }
    }
  }

  /** That the handler takes and returns the declared events was checked, or is at each call. */
  @SuppressWarnings("unchecked")
  private static StepHandler<SpecificRecord, SpecificRecord> typed(StepHandler<?, ?> handler) {
    return (StepHandler<SpecificRecord, SpecificRecord>) handler;
  }

  /** Returns the identity of the database; null if nothing is hosted over it, or it has none. */
  private @Nullable DatabaseIdentity prepare(
      DataSource database, List<HostedStep> steps, Problems problems) {
    try {
      Migrations.unsafeSettings(database).forEach(problems::add);
      List<String> missing = new ArrayList<>(Privileges.missing(database));
      if (missing.isEmpty()) {
        missing.addAll(migrate ? Migrations.obstacles(database) : Migrations.missing(database));
      }
      missing.forEach(problems::add);
      if (missing.isEmpty()) {
        if (migrate) {
          Migrations.apply(database);
        }
        List<StepVersion> hosted = steps.stream().map(HostedStep::version).toList();
        HostedVersions.abandoned(database, hosted).forEach(problems::add);
        HostedVersions.add(database, hosted);
        // One that only starts sagas has nothing to answer for, and may share the database.
        return steps.isEmpty() ? null : identity(database, problems);
      }
    } catch (SQLException | FlywayException e) {
      problems.add("the database cannot be used: " + describe(e), SqlTrouble.isAway(e));
    }
    return null;
  }

  private DatabaseIdentity identity(DataSource database, Problems problems) throws SQLException {
    DatabaseIdentity identity = IdentityTable.of(database, name);
    if (!identity.participant().equals(name)) {
      problems.add(
          "the database %s belongs to participant %s since %s, and this is %s: each participant that hosts steps needs its own"
              .formatted(identity.id(), identity.participant(), identity.createdAt(), name));
    }
    return identity;
  }

  private @Nullable Opened open(
      KafkaSettings settings, @Nullable DatabaseIdentity identity, Problems problems) {
    EventClasses.trust(Inbox.CONTROL);
    EventClasses.trust(Set.of(ChoreographyDeclared.class, ParticipantBound.class));
    for (Choreography choreography : choreographies) {
      EventClasses.trust(choreography.events().stream().map(EventType::type).toList());
    }
    List<String> found = new ArrayList<>();
    String brokers = String.valueOf(settings.given().get("bootstrap.servers"));
    try (Admin admin = Admin.create(settings.admin())) {
      Map<String, Integer> partitions = Topics.check(admin, choreographies, name, found);
      Duration kept = Topics.longestKept(admin, partitions.keySet());
      checkRetention(kept, found);
      KafkaCodec codec = this.codec == null ? new KafkaCodec(settings) : this.codec;
      this.codec = codec;
      WrittenEvents written = WrittenEvents.of(name, choreographies, starting);
      if (found.isEmpty()) {
        codec.readLimits(admin, written.topics(name), found);
      }
      if (found.isEmpty() && problems.isEmpty()) {
        written.prepare(codec, found);
      }
      if (found.isEmpty() && problems.isEmpty()) {
        new Declarations(settings, codec).publish(choreographies, found);
        if (found.isEmpty() && identity != null) {
          new DatabaseBindings(settings, codec).bind(identity, replaced, found);
        }
      }
      boolean ofBrokers = Topics.newGroupProtocol(admin);
      if (settings.newGroupProtocol(ofBrokers) && !ofBrokers) {
        found.add(
            "group.protocol is consumer, and the brokers at %s speak the classic one alone; leave it out"
                .formatted(brokers));
      }
      // Where problems were found the topic may be missing.
      boolean brokerDates = found.isEmpty() && Topics.brokerDatesDeclarations(admin);
      return new Opened(codec, partitions, kept, settings.newGroupProtocol(ofBrokers), brokerDates);
    } catch (ExecutionException e) {
      problems.add(
          settings.hidden("Kafka at %s cannot be used: %s".formatted(brokers, e.getCause())),
          e.getCause() instanceof RetriableException);
    } catch (KafkaException e) {
      problems.add(
          settings.hidden("Kafka at %s cannot be used: %s".formatted(brokers, describe(e))),
          e instanceof RetriableException || settings.isNowhere());
    } catch (Trouble e) {
      problems.add(
          "events cannot be read or written: %s".formatted(e.getMessage()),
          !KafkaCodec.isOfCredentials(e));
    } catch (IllegalArgumentException e) {
      found.add(settings.hidden("events cannot be read or written: " + e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      found.add("interrupted while looking at Kafka");
    } finally {
      found.forEach(problems::add);
    }
    return null;
  }

  private void checkRetention(@Nullable Duration kept, List<String> found) {
    if (retention != null && (kept == null || retention.compareTo(kept) < 0)) {
      found.add(
          "journal rows leave %s after their deadline, and the topics hold events %s; an event that comes after its row has left would be lost or begin its saga anew, say retention(...) with at least that, or nothing"
              .formatted(retention, kept == null ? "for ever" : "for up to " + kept));
    }
  }

  private static String describe(Throwable e) {
    Throwable cause = e.getCause();
    return cause == null ? String.valueOf(e.getMessage()) : e.getMessage() + ": " + cause;
  }

  /** What keeps it from starting. */
  private static final class Problems {
    private final List<String> all = new ArrayList<>();
    private boolean lasting;

    void add(String problem) {
      add(problem, false);
    }

    /** One more, which may be gone when one looks again. */
    void add(String problem, boolean mayPass) {
      all.add(problem);
      lasting |= !mayPass;
    }

    List<String> all() {
      return all;
    }

    boolean isEmpty() {
      return all.isEmpty();
    }

    boolean mayPass() {
      return !lasting;
    }
  }

  private record Hosting(
      Choreography choreography, String step, StepHandler<?, ?> handler, StepOptions options) {}

  private record Opened(
      KafkaCodec codec,
      Map<String, Integer> partitions,
      @Nullable Duration kept,
      boolean newGroupProtocol,
      boolean brokerDates) {}
}
