// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.TracedEvent;
import dev.choreography.engine.SagaId;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.protocol.EventHeaders;
import java.util.List;
import java.util.function.Predicate;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which saga a record belongs to, and packs it with its coordinates under the saga's key.
 * A bare start is its choreography's, and as many records as choreographies begin with it; so is
 * one that is a dead letter. What belongs to none is left out.
 */
final class Addressing implements Processor<byte[], byte[], Bytes, byte[]> {

  private final Known known;
  private final EventDecoder decoder;
  private final Predicate<String> justDeclared;
  private final int largest;
  private @Nullable ProcessorContext<Bytes, byte[]> context;

  /**
   * Not running yet.
   *
   * @param justDeclared whether an id that is not known would be now
   * @param largest how many bytes a record of the tracker's own topics may have
   */
  Addressing(Known known, EventDecoder decoder, Predicate<String> justDeclared, int largest) {
    this.known = known;
    this.decoder = decoder;
    this.justDeclared = justDeclared;
    this.largest = largest;
  }

  @Override
  public void init(ProcessorContext<Bytes, byte[]> given) {
    context = given;
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    ProcessorContext<Bytes, byte[]> to = context;
    if (to == null) {
      throw new IllegalStateException("init() was not called");
    }
    RecordMetadata where = to.recordMetadata().orElseThrow();
    ConsumerRecord<byte[], byte[]> found =
        StoredEvent.record(
            where.topic(),
            where.partition(),
            where.offset(),
            record.timestamp(),
            record.key(),
            record.value(),
            new RecordHeaders(record.headers()));
    String topic = topic(found);
    String saga = topic == null ? null : saga(found, topic);
    if (topic == null || saga == null || SagaId.problem(saga) != null) {
      return;
    }
    byte[] packed = Shortened.bytes(found, largest, decoder);
    for (String choreography : choreographies(found, topic)) {
      to.forward(
          new Record<>(
              new SagaKey(choreography, saga).bytes(),
              packed,
              Math.max(0, record.timestamp()),
              new RecordHeaders()));
    }
  }

  /** The topic that it was published on at first; null if it tells nothing of a saga. */
  private @Nullable String topic(ConsumerRecord<byte[], byte[]> record) {
    if (!known.isDeadLetters(record.topic())) {
      return record.topic();
    }
    String topic = TracedEvent.header(record, DeadLetterHeaders.TOPIC);
    return topic != null
            && TracedEvent.header(record, DeadLetterHeaders.REASON) != null
            && known.isStart(topic)
        ? topic
        : null;
  }

  private List<String> choreographies(ConsumerRecord<byte[], byte[]> record, String topic) {
    String id = TracedEvent.header(record, EventHeaders.CHOREOGRAPHY);
    if (id == null) {
      return known.startedBy(topic);
    }
    if (known.byId(id) == null && justDeclared.test(id)) {
      throw new IllegalStateException("%s was declared just now".formatted(id));
    }
    String name = Known.name(id);
    return name == null || known.newest(name) == null ? List.of() : List.of(name);
  }

  /** The key, or of a start without one what the event says. */
  private @Nullable String saga(ConsumerRecord<byte[], byte[]> record, String topic) {
    if (record.key() != null) {
      return new String(record.key(), UTF_8);
    }
    if (known.startedBy(topic).isEmpty()) {
      return null;
    }
    GenericRecord event = decoder.decode(record);
    return event == null ? null : String.valueOf(event.get(0));
  }
}
