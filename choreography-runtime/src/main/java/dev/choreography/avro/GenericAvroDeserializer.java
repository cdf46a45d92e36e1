// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads any Avro record in the registry's wire format with the schema it was written with, for
 * tools that have no class for it, dates and timestamps as Java's own; {@code schema.registry.url}
 * says where the registry answers. Safe for use by several threads.
 */
public final class GenericAvroDeserializer implements Deserializer<GenericRecord> {

  private static final int PREFIX = 1 + Integer.BYTES;
  private static final GenericData MODEL = new GenericData();

  static {
    MODEL.addLogicalTypeConversion(new TimeConversions.DateConversion());
    MODEL.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    MODEL.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
  }

  private @Nullable SchemaRegistry registry;

  @Override
  public void configure(Map<String, ?> configuration, boolean isKey) {
    registry = SchemaRegistry.configured(configuration);
  }

  /**
   * Reads one record.
   *
   * @throws SerializationException if it can never be read, or, with an {@link IOException} as its
   *     cause, if the registry is away
   */
  @Override
  public @Nullable GenericRecord deserialize(String topic, byte @Nullable [] data) {
    if (data == null) {
      return null;
    }
    if (registry == null) {
      throw new IllegalStateException("configure() was not called");
    }
    if (data.length < PREFIX || data[0] != AvroSerializer.MAGIC) {
      throw new SerializationException(
          "the value does not begin with the magic byte 0 and a schema id, so it is not Avro in the"
              + " registry's wire format");
    }
    int id = ByteBuffer.wrap(data, 1, Integer.BYTES).getInt();
    Schema schema = registry.schema(id);
    if (schema.getType() != Schema.Type.RECORD) {
      throw new SerializationException(
          "schema id %d is of type %s, a record was expected".formatted(id, schema.getType()));
    }
    try {
      return new GenericDatumReader<GenericRecord>(schema, schema, MODEL)
          .read(null, DecoderFactory.get().binaryDecoder(data, PREFIX, data.length - PREFIX, null));
    } catch (IOException | RuntimeException e) {
      // Its cause must not be an IOException, which would say that the registry is away.
      throw new SerializationException(
          "schema id %d, %s: the bytes do not fit: %s".formatted(id, schema.getFullName(), e));
    }
  }
}
