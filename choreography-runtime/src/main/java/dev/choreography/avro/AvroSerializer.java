// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes generated Avro classes; {@code schema.registry.url} says where the registry answers.
 * Registers a schema when it first meets it. Safe for use by several threads.
 */
public final class AvroSerializer implements Serializer<SpecificRecord> {

  static final byte MAGIC = 0;

  private @Nullable SchemaRegistry registry;

  @Override
  public void configure(Map<String, ?> configuration, boolean isKey) {
    registry = SchemaRegistry.configured(configuration);
  }

  /**
   * Looks up the schema of a topic's values, or registers it, as writing one would.
   *
   * @throws RegistryRefusalException if the registry refuses it
   * @throws SerializationException if the registry is away; see its cause
   */
  public void prepare(String topic, Schema schema) {
    if (registry == null) {
      throw new IllegalStateException("configure() was not called");
    }
    int ignored = registry.id(topic, schema);
  }

  /**
   * Writes one event.
   *
   * @throws SerializationException if it does not fit its schema, or the registry refuses or is
   *     away; see its cause
   */
  @Override
  public byte @Nullable [] serialize(String topic, @Nullable SpecificRecord event) {
    return event == null
        ? null
        : write(
            registry,
            topic,
            event,
            schema ->
                new SpecificDatumWriter<>(schema, SpecificData.getForClass(event.getClass())));
  }

  /** The registry's wire format of a record, written as its kind has it. */
  static <T extends GenericContainer> byte[] write(
      @Nullable SchemaRegistry registry,
      String topic,
      T event,
      Function<Schema, DatumWriter<T>> writer) {
    if (registry == null) {
      throw new IllegalStateException("configure() was not called");
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    bytes.write(MAGIC);
    int id = registry.id(topic, event.getSchema());
    bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(id).array());
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      writer.apply(event.getSchema()).write(event, encoder);
      encoder.flush();
    } catch (RuntimeException e) {
      throw new SerializationException(
          "%s does not fit its schema: %s"
              .formatted(event.getSchema().getFullName(), e.getMessage()),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }
}
