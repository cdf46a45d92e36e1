// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.avro.EventClasses;
import dev.choreography.engine.EventCodec;
import dev.choreography.engine.Inbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Avro in the registry's wire format, each event with the schema it was generated from. Readers,
 * writers and buffers are used again; one thread at a time.
 */
final class MemoryCodec implements EventCodec {

  private static final int PREFIX = 1 + Integer.BYTES;

  private final List<Event> events = new ArrayList<>();
  private final Map<Class<?>, Event> byType = new HashMap<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
  private final BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
  private @Nullable BinaryDecoder decoder;

  private record Event(
      int id, DatumReader<SpecificRecord> reader, DatumWriter<SpecificRecord> writer) {}

  MemoryCodec(Choreography choreography) {
    choreography.events().stream().map(EventType::type).forEach(this::add);
    Inbox.CONTROL.forEach(this::add);
  }

  private void add(Class<? extends SpecificRecord> type) {
    EventClasses.trust(List.of(type));
    SpecificData model = SpecificData.getForClass(type);
    Schema schema = model.getSchema(type);
    Event event =
        new Event(
            events.size(),
            new SpecificDatumReader<>(schema, schema, model),
            new SpecificDatumWriter<>(schema, model));
    events.add(event);
    byType.put(type, event);
  }

  @Override
  public SpecificRecord decode(String topic, byte[] value) throws UnreadableException {
    try {
      int id = ByteBuffer.wrap(value, 1, Integer.BYTES).getInt();
      decoder = DecoderFactory.get().binaryDecoder(value, PREFIX, value.length - PREFIX, decoder);
      return events.get(id).reader.read(null, decoder);
    } catch (IOException | RuntimeException e) {
      throw new UnreadableException("the value of %s is no event: %s".formatted(topic, e), e);
    }
  }

  @Override
  public byte[] encode(String topic, SpecificRecord event) {
    Event known = byType.get(event.getClass());
    if (known == null) {
      throw new IllegalArgumentException(
          "%s is no event of this choreography".formatted(event.getClass().getName()));
    }
    bytes.reset();
    bytes.write(0);
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.write(known.id >> shift);
    }
    try {
      known.writer.write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }
}
