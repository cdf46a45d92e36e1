// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.avro.GenericAvroSerializer;
import dev.choreography.avro.RegisteredSchemas;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.EventJson;
import dev.choreography.console.trace.Refusal;
import dev.choreography.engine.SagaId;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * A saga of any declared choreography that somebody asks for; no class of it is needed, the
 * registry has the schema.
 *
 * @param event the bare start event
 */
record Start(String saga, String topic, GenericRecord event) {

  private static final String SAGA_ID = "saga_id";
  private static final int RANDOM_BYTES = 5;

  /**
   * What is asked for.
   *
   * @param declarations the newest version last
   * @param id the saga's; that of the data, or a new one, if null
   * @param data JSON, in the words of the schema that was registered last for the start's topic
   * @throws IllegalArgumentException naming what cannot be used, and what was expected
   * @throws Refusal if the registry has no such schema, or does not answer
   */
  static Start of(
      Cluster cluster,
      List<Declaration> declarations,
      String choreography,
      @Nullable String id,
      JsonNode data) {
    Declaration declaration =
        declarations.stream()
            .filter(each -> each.name().equals(choreography))
            .reduce((earlier, later) -> later)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no choreography '%s' is declared, expected one of %s"
                            .formatted(
                                choreography,
                                declarations.stream()
                                    .map(Declaration::name)
                                    .collect(Collectors.toCollection(TreeSet::new)))));
    String topic = declaration.declared().getStart();
    return of(topic, schema(cluster, topic), choreography, id, data);
  }

  static Start of(
      String topic, Schema schema, String choreography, @Nullable String id, JsonNode data) {
    if (!data.isObject()) {
      throw new IllegalArgumentException(
          "the data cannot be used: the whole is %s, expected an object".formatted(data));
    }
    ObjectNode whole = ((ObjectNode) data).deepCopy();
    JsonNode named = whole.path(SAGA_ID);
    if (id != null && named.isTextual() && !id.equals(named.asText())) {
      throw new IllegalArgumentException(
          "the id is '%s', and saga_id in the data '%s': say one of the two"
              .formatted(id, named.asText()));
    }
    if (id != null || named.isMissingNode()) {
      whole.put(SAGA_ID, id != null ? id : newId(choreography));
    }
    GenericRecord event;
    try {
      event = EventJson.read(schema, whole);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the data cannot be used: " + e.getMessage(), e);
    }
    String saga = String.valueOf(event.get(SAGA_ID));
    String problem = SagaId.problem(saga);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    return new Start(saga, topic, event);
  }

  private static Schema schema(Cluster cluster, String topic) {
    try {
      return RegisteredSchemas.configured(cluster.properties())
          .newest(topic)
          .filter(schema -> schema.getType() == Schema.Type.RECORD)
          .orElseThrow(
              () ->
                  new Refusal(
                      "the registry has no schema of a record for topic %s: whoever owns the choreography registers it with the first event"
                          .formatted(topic)));
    } catch (SerializationException e) {
      throw new Refusal(Console.sentence(e));
    }
  }

  private static String newId(String choreography) {
    byte[] random = new byte[RANDOM_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return choreography.replace('_', '-') + "-" + HexFormat.of().formatHex(random);
  }

  /** As any program would that knows nothing but the topic and its schema: without headers. */
  RecordMetadata publish(Cluster cluster) throws InterruptedException {
    try (GenericAvroSerializer serializer = new GenericAvroSerializer()) {
      serializer.configure(cluster.properties(), false);
      byte[] value = serializer.serialize(topic, event);
      return Publisher.publish(
          cluster,
          new ProducerRecord<>(topic, saga.getBytes(UTF_8), value),
          "saga %s was not started".formatted(saga));
    } catch (SerializationException e) {
      throw new Refusal("saga %s was not started: %s".formatted(saga, Console.sentence(e)));
    }
  }

  /** Data that was given as text; an empty object if none was. */
  static JsonNode data(@Nullable String text) {
    return text == null ? new ObjectMapper().createObjectNode() : BookingJson.parsed(text);
  }
}
