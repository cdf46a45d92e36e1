// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads generated Avro classes, each with the schema it was generated from, whatever schema it was
 * written with; {@code schema.registry.url} says where the registry answers. Only classes told to
 * {@link EventClasses#trust} are made. Safe for use by several threads.
 */
public final class AvroDeserializer implements Deserializer<SpecificRecord> {

  private static final int PREFIX = 1 + Integer.BYTES;

  private final Map<Integer, SpecificDatumReader<SpecificRecord>> readers =
      new ConcurrentHashMap<>();
  private @Nullable SchemaRegistry registry;

  @Override
  public void configure(Map<String, ?> configuration, boolean isKey) {
    registry = SchemaRegistry.configured(configuration);
  }

  /**
   * Reads one event.
   *
   * @throws SerializationException if it can never be read, or, with an {@link IOException} as its
   *     cause, if the registry is away
   */
  @Override
  public @Nullable SpecificRecord deserialize(String topic, byte @Nullable [] data) {
    if (data == null) {
      return null;
    }
    if (data.length < PREFIX || data[0] != AvroSerializer.MAGIC) {
      throw new SerializationException(
          "the value does not begin with the magic byte 0 and a schema id, so it is not Avro in the registry's wire format");
    }
    int id = ByteBuffer.wrap(data, 1, Integer.BYTES).getInt();
    SpecificDatumReader<SpecificRecord> reader = reader(id);
    try {
      BinaryDecoder decoder =
          DecoderFactory.get().binaryDecoder(data, PREFIX, data.length - PREFIX, null);
      SpecificRecord event = reader.read(null, decoder);
      if (!decoder.isEnd()) {
        throw new SerializationException(
            "schema id %s, %s: bytes are left after the end of the record"
                .formatted(id, reader.getSchema().getFullName()));
      }
      return event;
    } catch (IOException | RuntimeException e) {
      // Its cause must not be an IOException, which would say that the registry is away.
      throw e instanceof SerializationException known
          ? known
          : new SerializationException(
              "schema id %s, %s: the bytes do not fit: %s"
                  .formatted(id, reader.getSchema().getFullName(), e));
    }
  }

  private SpecificDatumReader<SpecificRecord> reader(int id) {
    SpecificDatumReader<SpecificRecord> known = readers.get(id);
    if (known != null) {
      return known;
    }
    if (registry == null) {
      throw new IllegalStateException("configure() was not called");
    }
    Schema written = registry.schema(id);
    Class<?> type = EventClasses.named(written.getFullName());
    if (type == null) {
      throw new SerializationException(
          "schema id %s is of %s, which is no event known here"
              .formatted(id, written.getFullName()));
    }
    SpecificData model = SpecificData.getForClass(type);
    SpecificDatumReader<SpecificRecord> reader =
        new SpecificDatumReader<>(written, model.getSchema(type), model);
    readers.put(id, reader);
    return reader;
  }
}
