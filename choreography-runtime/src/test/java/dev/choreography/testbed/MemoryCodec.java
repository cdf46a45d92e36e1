// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.avro.EventClasses;
import dev.choreography.engine.EventCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** Avro in the registry's wire format, with the schemas in memory. */
public final class MemoryCodec implements EventCodec {

  private static final int PREFIX = 1 + Integer.BYTES;

  /** The registry of all instances. */
  private static final Map<Integer, Schema> SCHEMAS = new ConcurrentHashMap<>();

  @Override
  public SpecificRecord decode(String topic, byte[] value) throws UnreadableException {
    try {
      Schema schema = SCHEMAS.get(ByteBuffer.wrap(value, 1, Integer.BYTES).getInt());
      if (schema == null) {
        throw new IOException("unknown schema");
      }
      return new SpecificDatumReader<SpecificRecord>(schema)
          .read(
              null, DecoderFactory.get().binaryDecoder(value, PREFIX, value.length - PREFIX, null));
    } catch (IOException | RuntimeException e) {
      throw new UnreadableException("no event: " + e.getMessage(), e);
    }
  }

  private volatile Function<SpecificRecord, @Nullable RuntimeException> refusal = event -> null;

  /** Throws from now on what this makes of an event; null where it can be written. */
  public void refuses(Function<SpecificRecord, @Nullable RuntimeException> by) {
    refusal = by;
  }

  @Override
  public byte[] encode(String topic, SpecificRecord event) {
    RuntimeException refused = refusal.apply(event);
    if (refused != null) {
      throw refused;
    }
    EventClasses.trust(List.of(event.getClass()));
    Schema schema = event.getSchema();
    int id = schema.getFullName().hashCode();
    SCHEMAS.put(id, schema);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ByteBuffer.allocate(PREFIX).put((byte) 0).putInt(id).array());
    try {
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      new SpecificDatumWriter<SpecificRecord>(schema).write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
