// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.avro.RegistryAccessException;
import dev.choreography.avro.RegistryRefusalException;
import dev.choreography.avro.SampleEvent;
import dev.choreography.control.ParticipantBound;
import dev.choreography.engine.EventCodec;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Trouble;
import dev.choreography.engine.UnwritableEventException;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configured serde, called by us and not by Kafka's clients, so that a record which cannot be
 * read does not keep {@code poll()} from returning the others.
 */
public final class KafkaCodec implements EventCodec {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaCodec.class);

  /** What says that we may not ask, or not now; the rest of 4xx is said of what we asked about. */
  private static final Set<Integer> OF_THE_CALLER = Set.of(401, 403, 407, 408, 429);

  /** The statuses that say that our credentials are not enough. */
  private static final Set<Integer> CREDENTIALS = Set.of(401, 403);

  private final Serializer<SpecificRecord> serializer;
  private final Serializer<SpecificRecord> controlSerializer;
  private final Deserializer<SpecificRecord> deserializer;
  private final KafkaSettings settings;
  private final RecordLimits limits;
  private final Map<Kind, Refused> refused = new ConcurrentHashMap<>();

  /** Events of one type on one topic. */
  private record Kind(String topic, String type) {
    static Kind of(String topic, SpecificRecord event) {
      return new Kind(topic, event.getSchema().getFullName());
    }
  }

  /** The last event of its kind that could not be written, and why. */
  private record Refused(SpecificRecord event, String message) {}

  /** The serde that the settings name, the framework's own unless they do. */
  public KafkaCodec(KafkaSettings settings) {
    this.serializer = settings.valueSerializer();
    this.controlSerializer = settings.controlSerializer(serializer);
    this.deserializer = settings.valueDeserializer();
    this.settings = settings;
    this.limits = new RecordLimits(settings);
  }

  @Override
  public SpecificRecord decode(String topic, byte[] value) throws UnreadableException {
    try {
      SpecificRecord event = deserializer.deserialize(topic, value);
      if (event == null) {
        throw new UnreadableException("the value is empty", new IllegalArgumentException());
      }
      return event;
    } catch (RuntimeException | StackOverflowError e) {
      // A serde of others may throw anything; a record must not stop the worker.
      if (isAway(e)) {
        throw new Trouble("reading an event of topic %s: %s".formatted(topic, describe(e)), e);
      }
      throw new UnreadableException(describe(e), e);
    }
  }

  @Override
  public byte[] encode(String topic, SpecificRecord event) {
    try {
      byte[] value = serializer(event.getClass()).serialize(topic, event);
      if (!refused.isEmpty()) {
        refused.remove(Kind.of(topic, event));
      }
      return value;
    } catch (SerializationException e) {
      RuntimeException meant = meaning("writing an event of topic " + topic, e);
      if (meant instanceof UnwritableEventException) {
        refused.put(Kind.of(topic, event), new Refused(event, describe(meant)));
      }
      throw meant;
    }
  }

  @Override
  public @Nullable String tooLarge(OutboxEvent event) {
    return limits.problem(event.topic(), event.sagaId(), event.value(), event.headers());
  }

  /**
   * Reads how large the records of these topics may be.
   *
   * @param problems receives a sentence for each topic that takes too little
   */
  public void readLimits(Admin admin, Collection<String> topics, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    limits.read(admin, topics, problems);
  }

  /** Notes that the broker found a record too large: the limits are to be read again. */
  public void suspectLimits() {
    limits.suspect();
  }

  /**
   * Has the schema of a type registered, or looked up, as writing an event of it would.
   *
   * @throws UnwritableEventException if the registry refuses it
   * @throws Trouble if the registry is away
   */
  public void prepare(String topic, Class<? extends SpecificRecord> type) {
    try {
      if (serializer(type) instanceof AvroSerializer own) {
        own.prepare(topic, SampleEvent.schema(type));
      } else {
        byte[] ignored = serializer(type).serialize(topic, SampleEvent.of(type));
      }
    } catch (SerializationException e) {
      throw meaning(
          "schema of %s on topic %s".formatted(SampleEvent.schema(type).getFullName(), topic), e);
    }
  }

  /** Returns whether waiting alone does not help: the registry does not take our credentials. */
  public static boolean isOfCredentials(Trouble trouble) {
    for (@Nullable Throwable cause = trouble; cause != null; cause = cause.getCause()) {
      Integer status = status(cause);
      if (cause instanceof RegistryAccessException
          || (status != null && CREDENTIALS.contains(status))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public @Nullable String trouble() {
    return refused.isEmpty()
        ? null
        : refused.values().stream()
            .map(Refused::message)
            .sorted()
            .collect(Collectors.joining("; "));
  }

  @Override
  public void retry() {
    readSuspectLimits();
    refused.forEach(
        (kind, last) -> {
          try {
            byte[] ignored = encode(kind.topic(), last.event());
            LOG.info(
                "events of type {} on topic {} can be written again", kind.type(), kind.topic());
          } catch (RuntimeException e) {
            LOG.debug("still refused", e);
          }
        });
  }

  private void readSuspectLimits() {
    if (!limits.areSuspect()) {
      return;
    }
    List<String> problems = new ArrayList<>();
    try (Admin admin = Admin.create(settings.admin())) {
      limits.read(admin, limits.topics(), problems);
      problems.forEach(problem -> LOG.warn("outcome=unpublished: {}", problem));
    } catch (ExecutionException | KafkaException e) {
      limits.suspect();
      LOG.debug("the topics' limits were not read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Serializer<SpecificRecord> serializer(Class<?> type) {
    return Inbox.CONTROL.contains(type) || type == ParticipantBound.class
        ? controlSerializer
        : serializer;
  }

  private RuntimeException meaning(String tried, SerializationException e) {
    if (isAway(e)) {
      return new Trouble("%s: %s".formatted(tried, describe(e)), e);
    }
    return isRefused(e)
        ? new UnwritableEventException("%s: %s".formatted(tried, describe(e)), e)
        : e;
  }

  /** An end of file is not the network's: some serdes report bytes that are too few with it. */
  private static boolean isAway(Throwable thrown) {
    for (@Nullable Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException && !(cause instanceof EOFException)) {
        return !isRefusal(cause);
      }
    }
    return false;
  }

  private static boolean isRefused(Throwable thrown) {
    for (@Nullable Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof RegistryRefusalException || isRefusal(cause)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isRefusal(Throwable failure) {
    Integer status = status(failure);
    return status != null && status / 100 == 4 && !OF_THE_CALLER.contains(status);
  }

  /**
   * The status with which a registry answered: Confluent's client tells it with an IOException that
   * is not on our class path; null if it is none.
   */
  private static @Nullable Integer status(Throwable failure) {
    if (!(failure instanceof IOException)) {
      return null;
    }
    try {
      Object status = failure.getClass().getMethod("getStatus").invoke(failure);
      return status instanceof Integer code ? code : null;
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** A foreign serde may quote its settings. */
  private String describe(Throwable e) {
    return settings.hidden(e.getMessage() == null ? e.toString() : e.getMessage());
  }
}
