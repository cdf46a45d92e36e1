// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.EventCodec;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Trouble;
import java.io.EOFException;
import java.io.IOException;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * The configured serde, called by us and not by Kafka's clients, so that a record which cannot be
 * read does not keep {@code poll()} from returning the others.
 */
public final class KafkaCodec implements EventCodec {

  /**
   * Headers and framing of a record, in bytes: ours come to about 700, and with the longest saga
   * id, and the longest of others' headers that are passed on, to less than this.
   */
  private static final int OVERHEAD = 16 * 1024;

  /** What says that we may not ask, or not now; the rest of 4xx is said of what we asked about. */
  private static final Set<Integer> OF_THE_CALLER = Set.of(401, 403, 407, 408, 429);

  private final Serializer<SpecificRecord> serializer;
  private final Serializer<SpecificRecord> controlSerializer;
  private final Deserializer<SpecificRecord> deserializer;
  private final int maxBytes;

  /** The serde that the settings name, the framework's own unless they do. */
  public KafkaCodec(KafkaSettings settings) {
    this.serializer = settings.valueSerializer();
    this.controlSerializer = settings.controlSerializer(serializer);
    this.deserializer = settings.valueDeserializer();
    this.maxBytes = settings.maxRecordBytes();
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
        throw new Trouble("reading an event of topic %s: %s".formatted(topic, e.getMessage()), e);
      }
      throw new UnreadableException(describe(e), e);
    }
  }

  @Override
  public byte[] encode(String topic, SpecificRecord event) {
    try {
      boolean control = Inbox.CONTROL.contains(event.getClass());
      byte[] value = (control ? controlSerializer : serializer).serialize(topic, event);
      if (value.length + OVERHEAD > maxBytes) {
        throw new RecordTooLargeException(
            "the %s of saga %s has %s bytes, a record has at most %s"
                .formatted(topic, event.get(0), value.length, maxBytes));
      }
      return value;
    } catch (SerializationException e) {
      if (isAway(e)) {
        throw new Trouble("writing an event of topic %s: %s".formatted(topic, e.getMessage()), e);
      }
      throw e;
    }
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

  /**
   * Whether a registry answered, and said no: Confluent's client tells that with an IOException
   * that has a status, and is not on our class path.
   */
  private static boolean isRefusal(Throwable failure) {
    try {
      Object status = failure.getClass().getMethod("getStatus").invoke(failure);
      return status instanceof Integer code && code / 100 == 4 && !OF_THE_CALLER.contains(code);
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  private static String describe(Throwable e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
