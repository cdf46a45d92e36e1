// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.EventType;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.protocol.EventHeaders;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** What an operator says to a saga: an event on its choreography's control topic. */
final class Control {

  private Control() {}

  /**
   * A saga that a command is for.
   *
   * @param declaration of the version in which it has begun
   * @param deadline its own
   */
  record Target(String saga, Declaration declaration, Instant deadline) {

    /** The saga of a trace. */
    static Target of(SagaTrace trace) {
      return new Target(trace.saga(), trace.declaration(), trace.deadline());
    }
  }

  /**
   * The one saga of an id.
   *
   * @throws Refusal if there is none, or one in each of several choreographies
   */
  static SagaTrace trace(Cluster cluster, String saga) throws InterruptedException {
    return theOne(traces(cluster, cluster.declarations(), saga), saga);
  }

  /** The sagas of an id, one for each of these choreographies that has one. */
  static List<SagaTrace> traces(Cluster cluster, List<Declaration> declarations, String saga)
      throws InterruptedException {
    try (SagaReader reader = new SagaReader(cluster, declarations, saga)) {
      return SagaTrace.of(saga, declarations, reader.toEnd(), reader.horizon());
    }
  }

  /**
   * The one of these.
   *
   * @throws Refusal if there is none, or one in each of several choreographies
   */
  static SagaTrace theOne(List<SagaTrace> traces, String saga) {
    if (traces.isEmpty()) {
      throw SagaTrace.unknown(saga);
    }
    if (traces.size() > 1) {
      throw new Refusal(
          "%s is a saga of each of %s, and nothing was said to any of them"
              .formatted(
                  saga,
                  traces.stream()
                      .map(trace -> trace.declaration().id())
                      .collect(Collectors.joining(", "))));
    }
    return traces.get(0);
  }

  /**
   * Publishes a command.
   *
   * @param number tells its id from those of other commands of its type
   * @param otherwise what to say if Kafka does not take it
   */
  static RecordMetadata publish(
      Cluster cluster, SagaTrace trace, SpecificRecord command, String number, String otherwise)
      throws InterruptedException {
    return Publisher.publish(
        cluster, record(cluster, Target.of(trace), command, number), otherwise);
  }

  /**
   * The record of a command.
   *
   * @param number tells its id from those of other commands of its type
   */
  static ProducerRecord<byte[], byte[]> record(
      Cluster cluster, Target target, SpecificRecord command, String number) {
    String topic = target.declaration().declared().getControl();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, target.saga().getBytes(UTF_8), cluster.encode(topic, command));
    headers(target, EventType.of(command.getClass()).topic(), number, Instant.now())
        .forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
    return record;
  }

  /** Version and deadline are the saga's own: with others, participants would not hear it. */
  static Map<String, String> headers(Target target, String type, String number, Instant now) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(EventHeaders.SPEC_VERSION, "1.0");
    headers.put(EventHeaders.ID, EventHeaders.id(target.saga(), type) + number);
    headers.put(EventHeaders.TYPE, type);
    headers.put(EventHeaders.SOURCE, "saga");
    headers.put(EventHeaders.SUBJECT, target.saga());
    headers.put(EventHeaders.TIME, now.toString());
    headers.put(EventHeaders.CHOREOGRAPHY, target.declaration().id());
    headers.put(EventHeaders.DEADLINE, target.deadline().toString());
    return headers;
  }
}
