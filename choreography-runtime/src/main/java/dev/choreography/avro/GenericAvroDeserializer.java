// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads any Avro record in the registry's wire format with the schema it was written with, for
 * tools that have no class for it. Values are as Avro's encoding has them, also those of logical
 * types, and a map's entries are in their order, so that the record can be written as it was;
 * {@code schema.registry.url} says where the registry answers. Safe for use by several threads.
 */
public final class GenericAvroDeserializer implements Deserializer<GenericRecord> {

  private static final int PREFIX = 1 + Integer.BYTES;

  /** Avro's faster reader forgets the order of a map's entries. */
  private static final GenericData MODEL = new GenericData().setFastReaderEnabled(false);

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
          "schema id %s is of type %s, a record was expected".formatted(id, schema.getType()));
    }
    try {
      return new Reader(schema, data.length)
          .read(null, DecoderFactory.get().binaryDecoder(data, PREFIX, data.length - PREFIX, null));
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // Its cause must not be an IOException, which would say that the registry is away.
      throw new SerializationException(
          "schema id %s, %s: the bytes do not fit: %s".formatted(id, schema.getFullName(), e));
    }
  }

  /** Reads a record that anybody may have written. */
  private static final class Reader extends GenericDatumReader<GenericRecord> {

    /** Items without bytes of their own, of type null say, are not bounded by the record's size. */
    private static final int MOST_EMPTY_ITEMS = 1_000_000;

    private static final int MOST_AT_ONCE = 1_000;

    private long itemsLeft;

    Reader(Schema schema, int bytes) {
      super(schema, schema, MODEL);
      itemsLeft = (long) bytes + MOST_EMPTY_ITEMS;
    }

    @Override
    protected Object newArray(Object old, int size, Schema schema) {
      return super.newArray(old, Math.min(size, MOST_AT_ONCE), schema);
    }

    @Override
    protected Object newMap(Object old, int size) {
      return new LinkedHashMap<>();
    }

    @Override
    protected void addToArray(Object array, long pos, Object item) {
      if (--itemsLeft < 0) {
        throw new AvroRuntimeException("more items than the record has bytes");
      }
      super.addToArray(array, pos, item);
    }
  }
}
