// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Repair;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.engine.Journal.StepVersion;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Tells what an incoming record means for the hosted steps: protocol rules 7 and 8. Knows no state;
 * what a saga's journal rows say about the event comes later.
 */
public final class Inbox {

  /** What a control topic carries. */
  public static final Set<Class<? extends SpecificRecord>> CONTROL =
      Set.of(Cancel.class, Parked.class, Retry.class, Resolve.class, Repair.class);

  /** Later ones no longer fit into four digits of a year, nor all of them into the database. */
  private static final Instant LAST_DEADLINE = Instant.parse("9999-12-31T23:59:59Z");

  /** How far a bare start may be ahead of whoever reads it: its saga is late so much later. */
  private static final Duration MOST_AHEAD = Duration.ofDays(1);

  private final EventCodec codec;
  private final Retention retention;
  private final RecordCounts counts = new RecordCounts();
  private final Map<String, Topic> topics = new HashMap<>();
  private final Map<StepVersion, HostedStep> steps = new HashMap<>();
  private final Map<String, Choreography> hostedById = new HashMap<>();
  private final Map<String, Choreography> adoptingByName = new HashMap<>();

  /** The inbox of the participant that hosts these steps, and forgets none of their sagas. */
  public Inbox(Collection<HostedStep> hostedSteps, EventCodec codec) {
    this(hostedSteps, codec, Retention.FOREVER);
  }

  /** The inbox of the participant that hosts these steps. */
  public Inbox(Collection<HostedStep> hostedSteps, EventCodec codec, Retention retention) {
    this(hostedSteps, codec, retention, Set.of());
  }

  /**
   * The inbox of the participant that hosts these steps.
   *
   * @param adopting in which version bare starts begin their sagas; the newest hosted of each
   *     choreography that is not among these
   */
  public Inbox(
      Collection<HostedStep> hostedSteps,
      EventCodec codec,
      Retention retention,
      Collection<Choreography> adopting) {
    this.codec = codec;
    this.retention = retention;
    for (HostedStep hosted : hostedSteps) {
      Choreography choreography = hosted.choreography();
      hostedById.put(choreography.id(), choreography);
      steps.put(hosted.version(), hosted);
      adoptingByName.merge(
          choreography.name(), choreography, (a, b) -> a.version() >= b.version() ? a : b);
      for (Signal signal : Protocol.hears(choreography.graph(), hosted.index())) {
        route(hosted, signal);
      }
    }
    adopting.forEach(choreography -> adoptingByName.put(choreography.name(), choreography));
  }

  private void route(HostedStep hosted, Signal signal) {
    Choreography choreography = hosted.choreography();
    String topic = topicOf(choreography, signal);
    Set<Class<? extends SpecificRecord>> types =
        topic.equals(choreography.controlTopic())
            ? CONTROL
            : choreography.events().stream()
                .filter(event -> event.topic().equals(topic))
                .map(EventType::type)
                .collect(Collectors.toSet());
    topics
        .computeIfAbsent(topic, name -> new Topic(types, new ArrayList<>()))
        .routes()
        .add(new Route(hosted, signal));
  }

  private static String topicOf(Choreography choreography, Signal signal) {
    Step step = choreography.steps().get(signal.step());
    EventType event =
        switch (signal.kind()) {
          case STARTED -> choreography.start();
          case COMPLETED -> step.completed();
          case FAILED -> step.failed();
          case COMPENSATED -> step.compensated();
          case CANCELLED, DEADLINE_PASSED -> null;
        };
    return event == null ? choreography.controlTopic() : event.topic();
  }

  /** The step that a row is about, null if its version is not hosted. */
  @Nullable HostedStep hosted(JournalRow row) {
    return steps.get(new StepVersion(row.key().choreography(), row.version(), row.key().step()));
  }

  /** Whether what came for a row came after its saga was forgotten. */
  boolean isForgotten(JournalRow row, Delivery delivery) {
    return retention.mayHaveLeft(row, delivery.deadline());
  }

  /** The versions of steps that are hosted. */
  Set<StepVersion> versions() {
    return Set.copyOf(steps.keySet());
  }

  /** Everything to subscribe to. */
  public Set<String> topics() {
    return new TreeSet<>(topics.keySet());
  }

  /** How many records meant nothing here, or lay in the wrong place. */
  public RecordCounts counts() {
    return counts;
  }

  /**
   * What a record means.
   *
   * @param deliveries receives one entry for each hosted step that hears it; none if it is ignored,
   *     which is counted
   * @return why the record is a dead letter, or null if it is none
   * @throws Trouble if the record cannot be read at the moment
   */
  @Nullable String read(Incoming record, List<Delivery> deliveries) {
    if (record.misplaced()) {
      counts.misplaced(record);
    }
    Topic topic = topics.get(record.topic());
    byte[] value = record.value();
    if (topic == null) {
      return "no hosted step hears topic " + record.topic();
    }
    if (value == null) {
      return "the value is null, an event of type %s was expected".formatted(record.topic());
    }
    String id = record.header(EventHeaders.CHOREOGRAPHY);
    if (id != null && !hostedById.containsKey(id)) {
      return notHosted(id, record);
    }
    SpecificRecord event;
    try {
      event = codec.decode(record.topic(), value);
    } catch (UnreadableException e) {
      return e.getMessage();
    }
    if (!topic.types().contains(event.getClass())) {
      return "the value is a %s, topic %s carries %s"
          .formatted(event.getSchema().getFullName(), record.topic(), topic.names());
    }
    String sagaId = String.valueOf(event.get(0));
    String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
    String unusable = SagaId.problem(sagaId);
    if (unusable != null) {
      return unusable;
    }
    if (key != null && !key.equals(sagaId)) {
      return "the key '%s' is not the saga id '%s' of the value".formatted(key, sagaId);
    }
    // Without our own header the others are a stranger's: a CloudEvent's type is what its producer
    // calls it, a reverse-DNS name say.
    String type = id == null ? null : record.header(EventHeaders.TYPE);
    String found = EventType.of(event.getClass()).topic();
    if (type != null && !type.equals(found)) {
      return "the header %s says '%s', the value is a %s".formatted(EventHeaders.TYPE, type, found);
    }
    return deliver(record, topic, id, key, sagaId, event, value, deliveries);
  }

  private @Nullable String deliver(
      Incoming record,
      Topic topic,
      @Nullable String id,
      @Nullable String key,
      String sagaId,
      SpecificRecord event,
      byte[] value,
      List<Delivery> deliveries) {
    Instant deadline = null;
    try {
      String header = id == null ? null : record.header(EventHeaders.DEADLINE);
      deadline = header == null ? null : HeaderTime.parse(header);
    } catch (DateTimeException e) {
      return "the header %s is no ISO-8601 time: %s"
          .formatted(EventHeaders.DEADLINE, record.header(EventHeaders.DEADLINE));
    }
    if (deadline != null && (deadline.isBefore(Instant.EPOCH) || deadline.isAfter(LAST_DEADLINE))) {
      return "the header %s is %s, which is before %s or after %s"
          .formatted(EventHeaders.DEADLINE, deadline, Instant.EPOCH, LAST_DEADLINE);
    }
    boolean bare = id == null || key == null || deadline == null;
    int before = deliveries.size();
    Ignored why = event instanceof Parked ? Ignored.PARKING : Ignored.OTHER_STEP;
    for (Route route : topic.routes()) {
      Choreography choreography = route.to().choreography();
      boolean start = route.signal().equals(Signal.STARTED);
      if (start && bare) {
        why = Ignored.OTHER_ADOPTER;
        if (adopts(route.to())
            && (id == null ? begins(choreography) : id.equals(choreography.id()))) {
          Instant until = record.timestamp().plus(choreography.deadline());
          if (until.isBefore(Instant.EPOCH) || until.isAfter(LAST_DEADLINE)) {
            return "the record's timestamp %s makes no deadline".formatted(record.timestamp());
          }
          if (record.timestamp().isAfter(record.received().plus(MOST_AHEAD))) {
            return "the record's timestamp %s is more than %s ahead of %s, when it was read: by a wrong clock, or in another unit than milliseconds; replayed, its saga begins with the time of the replay"
                .formatted(record.timestamp(), MOST_AHEAD, record.received());
          }
          deliveries.add(
              new Delivery(route.to(), sagaId, route.signal(), event, value, until, true, record));
        }
      } else if (id == null || deadline == null) {
        // Where a topic also carries starts, what comes without a header is one.
        if (id != null || !topic.starts()) {
          return "the header %s is missing, which only a start event may lack"
              .formatted(id == null ? EventHeaders.CHOREOGRAPHY : EventHeaders.DEADLINE);
        }
      } else if (id.equals(choreography.id()) && concerns(route, event)) {
        deliveries.add(
            new Delivery(
                route.to(),
                sagaId,
                isCommand(event) ? null : route.signal(),
                event,
                value,
                deadline,
                false,
                record));
      }
    }
    if (deliveries.size() == before) {
      counts.ignored(why, record);
    }
    return null;
  }

  /** Whether it is for the step itself, and no event that the protocol decides on. */
  private static boolean isCommand(SpecificRecord event) {
    return event instanceof Retry || event instanceof Resolve || event instanceof Repair;
  }

  /**
   * A cancel and a repair reach every step; another command the step that it names; a parking is
   * for people.
   */
  private static boolean concerns(Route route, SpecificRecord event) {
    String step = route.to().step().name();
    if (event instanceof Retry retry) {
      return retry.getStep().equals(step);
    }
    if (event instanceof Resolve resolve) {
      return resolve.getStep().equals(step);
    }
    return !(event instanceof Parked);
  }

  /** Whether it is the version of its choreography in which bare starts begin their sagas. */
  private boolean begins(Choreography choreography) {
    Choreography adopting = adoptingByName.get(choreography.name());
    return adopting != null && adopting.id().equals(choreography.id());
  }

  /** Of several roots the first by name adopts, so that all agree on what was adopted. */
  private static boolean adopts(HostedStep hosted) {
    Choreography choreography = hosted.choreography();
    for (int step = 0; step < hosted.index(); step++) {
      if (choreography.graph().isRoot(step)) {
        return false;
      }
    }
    return true;
  }

  private @Nullable String notHosted(String id, Incoming record) {
    String[] parts = id.split(":", -1);
    OptionalInt version = parts.length == 3 ? version(parts[1]) : OptionalInt.empty();
    if (version.isEmpty()) {
      return "the header %s is '%s', name:version:fingerprint was expected"
          .formatted(EventHeaders.CHOREOGRAPHY, id);
    }
    List<Choreography> hosted =
        hostedById.values().stream()
            .filter(choreography -> choreography.name().equals(parts[0]))
            .sorted(Comparator.comparingInt(Choreography::version))
            .toList();
    if (hosted.isEmpty()) {
      counts.ignored(Ignored.OTHER_CHOREOGRAPHY, record);
      return null;
    }
    if (version.getAsInt() < hosted.get(0).version()) {
      counts.ignored(Ignored.OLDER_VERSION, record);
      return null;
    }
    return "version not hosted yet: the event is of %s, hosted are %s".formatted(id, hosted);
  }

  /** A version in digits, as many as an int has; none if it is not. */
  private static OptionalInt version(String digits) {
    if (!digits.matches("[0-9]{1,10}")) {
      return OptionalInt.empty();
    }
    long number = Long.parseLong(digits);
    return number > Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of((int) number);
  }

  private record Topic(Set<Class<? extends SpecificRecord>> types, List<Route> routes) {
    boolean starts() {
      return routes.stream().anyMatch(route -> route.signal().equals(Signal.STARTED));
    }

    String names() {
      return types.stream().map(Class::getSimpleName).sorted().collect(Collectors.joining(", "));
    }
  }

  private record Route(HostedStep to, Signal signal) {}
}
