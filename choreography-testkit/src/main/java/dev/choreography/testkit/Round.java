// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.BatchStepHandler;
import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Retry;
import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testkit.Happening.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** Some sagas from their start until nothing moves any more, as one seed has it. */
final class Round implements AutoCloseable {

  /** All sagas of a round start within it. */
  private static final int STARTS_MS = 40;

  private static final int LONGEST_STEP_MS = 20;

  /** How many participants have a second instance, unless nothing may come of it. */
  private static final double WITH_TWO_INSTANCES = 0.5;

  private static final String OPERATOR = "operator";

  /** So many participants have lots of their own, more than a choreography has. */
  private static final int LOTS = 1_000;

  /** Whoever is neither a saga nor a participant draws from this one. */
  private static final int LOT_OF_ALL = -100 * LOTS;

  /** How long after the deadline of a saga its rows are kept. */
  static final Duration KEPT = Duration.ofDays(10);

  /** One of so many rounds goes on until rows leave: it reads everything twice. */
  private static final long ROUNDS_OF_A_LIFE = 8;

  private final Setting setting;
  private final Choreography choreography;
  private final SplittableRandom random;
  private final VirtualClock clock = new VirtualClock();
  private final Undo undo = new Undo();
  private final Bus bus = new Bus();
  private final Agenda agenda = new Agenda();
  private final Map<String, Saga> sagas = new LinkedHashMap<>();
  private final List<Group> groups = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  private boolean outlived;
  private final Emitter operator;
  private final Metadata metadata;
  private final Client client;
  private final World world;
  private final int mostTurns;

  /**
   * What a round is about.
   *
   * @param author describes the world
   * @param seed of all chance
   * @param numbers of the sagas
   * @param spared the faults that do not strike
   * @param struck is told of those that do
   */
  record Setting(
      Choreography choreography,
      Consumer<World> author,
      MemoryCodec codec,
      Parts parts,
      Faults faults,
      List<Guarantee> guarantees,
      long seed,
      Collection<Integer> numbers,
      Set<Long> spared,
      Set<Long> struck) {}

  /**
   * What is wrong.
   *
   * @param guarantee that is broken
   * @param saga whose it is, null if it is of all together
   * @param message a sentence
   */
  record Finding(String guarantee, @Nullable Saga saga, String message) {}

  Round(Setting setting) {
    this.setting = setting;
    this.choreography = setting.choreography();
    this.random = new SplittableRandom(setting.seed());
    this.operator = new Emitter(OPERATOR, setting.codec(), clock);
    Lot lot = lot(LOT_OF_ALL);
    this.metadata = new Metadata(clock, lot.draw());
    this.mostTurns = 20_000 + 50 * setting.numbers().size();
    this.world = new World(choreography, clock, setting.seed(), undo);
    setting.author().accept(world);
    for (int number : setting.numbers()) {
      String id = "saga-" + number;
      sagas.put(id, new Saga(number, id, id.getBytes(UTF_8), lot(number)));
    }
    createNodes();
    this.client = new Client(this, choreography, world, groups, metadata);
    Growth.plan(this, lot, choreography, groups);
  }

  private void createNodes() {
    Map<String, List<Step>> owned = new LinkedHashMap<>();
    for (Step step : choreography.steps()) {
      owned.computeIfAbsent(step.owner(), owner -> new ArrayList<>()).add(step);
    }
    owned.forEach(
        (owner, steps) -> {
          DataSource source = world.database(owner);
          Journal sound =
              source == null
                  ? new MemoryJournal(owner, clock)
                  : DatabaseJournal.emptied(source, clock);
          Group group = new Group(owner, this, lot(-1 - groups.size()), new Pending(), sound);
          groups.add(group);
          double two = faults().rebalances() > 0 ? WITH_TWO_INSTANCES : 0;
          int instances = group.lot().strike(two) < 0 ? 1 : 2;
          List<Node> own = new ArrayList<>();
          for (int instance = 1; instance <= instances; instance++) {
            own.add(node(group, instance, sound, steps));
          }
          group.begin(own);
          nodes.addAll(own);
        });
  }

  private Node node(Group group, int instance, Journal sound, List<Step> steps) {
    Lot lot = lot(-instance * LOTS - groups.size());
    FaultyJournal journal = new FaultyJournal(sound, group, instance, this, lot);
    List<HostedStep> hosted = new ArrayList<>();
    for (Step step : steps) {
      hosted.add(hosted(step, journal));
    }
    return new Node(group, this, lot, journal, hosted);
  }

  private HostedStep hosted(Step step, FaultyJournal journal) {
    int index = choreography.indexOf(step.name());
    World.Handling handling = world.handling(step.name());
    HandledStep single = new HandledStep(handling.handler(), step.name(), journal, this);
    return new HostedStep(
        choreography,
        index,
        handling.handler() instanceof BatchStepHandler<SpecificRecord, SpecificRecord> batch
            ? new HandledSteps(batch, single)
            : single,
        true,
        handling.options());
  }

  private Lot lot(int number) {
    return new Lot(setting.seed(), number, setting.spared(), setting.struck());
  }

  VirtualClock clock() {
    return clock;
  }

  Undo undo() {
    return undo;
  }

  Bus bus() {
    return bus;
  }

  Faults faults() {
    return setting.faults();
  }

  Parts parts() {
    return setting.parts();
  }

  MemoryCodec codec() {
    return setting.codec();
  }

  SplittableRandom random() {
    return random;
  }

  Collection<Saga> sagas() {
    return sagas.values();
  }

  Saga saga(String id) {
    Saga saga = sagas.get(id);
    if (saga == null) {
      throw new IllegalStateException("saga %s was never started".formatted(id));
    }
    return saga;
  }

  void later(long ms, Runnable what) {
    agenda.at(clock.millis() + ms, what);
  }

  /** Has everything happen, and judges it. */
  List<Finding> play() {
    sagas.values().forEach(saga -> later(saga.lot().below(STARTS_MS), () -> start(saga)));
    groups.forEach(this::planAbsence);
    groups.forEach(group -> Backup.plan(this, group));
    boolean atRest;
    try {
      atRest = comesToRest();
      // When all is over the deadlines pass, and nothing may come of it.
      clock.set(lastDeadline() + Duration.ofMinutes(2).toMillis());
      nodes.forEach(Node::look);
      atRest &= comesToRest();
      if (setting.seed() % ROUNDS_OF_A_LIFE == 0) {
        // Long after, when the rows have left, everything comes once more.
        clock.set(lastDeadline() + KEPT.plusDays(1).toMillis());
        outlived = true;
        groups.forEach(Group::outlivesItsRows);
        atRest &= comesToRest();
      }
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "the round of seed %s broke: %s".formatted(setting.seed(), e), e);
    }
    judge();
    if (!atRest) {
      finding("comes to rest", null, "there is still work after %s turns".formatted(mostTurns));
    }
    return findings;
  }

  private boolean comesToRest() {
    for (int turns = 0; turns < mostTurns; turns++) {
      boolean worked = agenda.run(clock.millis());
      int first = random.nextInt(nodes.size());
      for (int i = 0; i < nodes.size(); i++) {
        worked |= nodes.get((first + i) % nodes.size()).turn();
      }
      if (worked) {
        clock.advance(1 + random.nextInt(LONGEST_STEP_MS));
      } else {
        long next = agenda.next();
        for (Node node : nodes) {
          next = Math.min(next, node.next());
        }
        if (next == Agenda.NEVER) {
          return true;
        }
        clock.set(Math.max(next, clock.millis() + 1));
      }
    }
    return false;
  }

  private long lastDeadline() {
    long last = clock.millis();
    for (Saga saga : sagas.values()) {
      last = Math.max(last, saga.deadline().toEpochMilli());
    }
    return last;
  }

  private void start(Saga saga) {
    client.start(saga);
    double cancel = saga.lot().strike(faults().cancels());
    if (cancel >= 0) {
      later((long) (cancel * 300), () -> cancel(saga));
      if (cancel > 0.8) {
        later((long) (cancel * 3_000), () -> cancel(saga));
      }
    }
  }

  private void cancel(Saga saga) {
    command(saga, new Cancel(saga.id(), "changed my mind", OPERATOR), Guarantees.CANCEL);
  }

  private void command(Saga saga, SpecificRecord command, String type) {
    String topic = choreography.controlTopic();
    Map<String, String> headers =
        operator.headers(choreography, type, saga.id(), saga.deadline(), null, Emitter.Cause.NONE);
    saga.happened(clock.instant(), OPERATOR, Kind.ASKED, type, null);
    Bus.Topic records = bus.topic(topic);
    records.append(
        saga,
        saga.key(),
        codec().encode(topic, command),
        headers,
        clock.instant(),
        metadata.count(records));
  }

  private void planAbsence(Group group) {
    double which = group.lot().strike(faults().absences());
    if (which >= 0) {
      long leaves = (long) (group.lot().draw() * 200);
      long deadline = choreography.deadline().toMillis();
      long away =
          which < 0.7
              ? (long) (which * Duration.ofMinutes(1).toMillis())
              : deadline + (long) ((which - 0.85) * Duration.ofMinutes(2).toMillis());
      int instances = group.lot().draw() < 0.5 ? 1 : group.instances().size();
      later(leaves, () -> group.leave(instances, Duration.ofMillis(Math.max(1, away))));
    }
  }

  /** An event reaches its topic, on the partition that its producer takes for its key's. */
  void publish(Saga saga, OutboxEvent event, Metadata producer) {
    Bus.Topic topic = bus.topic(event.topic());
    topic.append(
        saga, saga.key(), event.value(), event.headers(), clock.instant(), producer.count(topic));
    if (event.topic().equals(choreography.controlTopic())) {
      operatorReads(saga, event);
    }
  }

  /** A parked step is tried again a while later: by then whatever was wrong may be over. */
  private void operatorReads(Saga saga, OutboxEvent event) {
    if ("parked".equals(event.headers().get(EventHeaders.TYPE))) {
      try {
        if (codec().decode(event.topic(), event.value()) instanceof Parked parked
            && parked.getTimes() <= 5) {
          later(
              (long) (saga.lot().draw() * 60_000),
              () ->
                  command(
                      saga,
                      new Retry(saga.id(), parked.getStep(), parked.getTimes(), OPERATOR, ""),
                      "retry"));
        }
      } catch (UnreadableException e) {
        throw new IllegalStateException("what was just written can be read", e);
      }
    }
  }

  void deadLetter(String participant, DeadLetter letter) {
    if (outlived && letter.record().header(EventHeaders.CHOREOGRAPHY) == null) {
      return; // a bare start that no topic would hold any more
    }
    finding(
        "no dead letters",
        null,
        "%s puts %s aside: %s".formatted(participant, letter.record(), letter.reason()));
  }

  private void finding(String guarantee, @Nullable Saga saga, String message) {
    findings.add(new Finding(guarantee, saga, message));
  }

  private void judge() {
    for (Saga saga : sagas.values()) {
      History history = saga.history(choreography);
      for (Guarantee guarantee : setting.guarantees()) {
        String violation = guarantee.violation(history);
        if (violation != null) {
          finding(guarantee.name(), saga, violation);
        }
      }
    }
    for (World.Amount amount : world.amounts()) {
      long now = amount.amount().getAsLong();
      if (now != amount.before()) {
        finding(
            amount.name() + " conserved",
            null,
            "there were %s and are %s".formatted(amount.before(), now));
      }
    }
    for (Group group : groups) {
      if (group.pending().hasOutbox()) {
        finding("everything is published", null, group.name() + " keeps events in its outbox");
      }
    }
  }

  /** How many sagas have completed. */
  int completed() {
    int completed = 0;
    for (Saga saga : sagas.values()) {
      History history = saga.history(choreography);
      boolean all = true;
      for (Step step : choreography.steps()) {
        all &= history.has(Kind.CONFIRMED, step.name());
      }
      completed += all ? 1 : 0;
    }
    return completed;
  }

  @Override
  public void close() {
    nodes.forEach(Node::close);
  }
}
