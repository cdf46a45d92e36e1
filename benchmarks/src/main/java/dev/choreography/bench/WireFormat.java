// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Avro in the registry's wire format as one writes it by hand, readers, writers and buffers kept.
 * For one thread.
 */
final class WireFormat {

  private static final int PREFIX = 5;

  private final Map<String, Type> types = new HashMap<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
  private @Nullable BinaryEncoder encoder;
  private @Nullable BinaryDecoder decoder;

  /** With what each topic's values begin with. */
  WireFormat(Map<String, byte[]> prefixes) {
    add(Trips.STARTED, BookingStarted.class, prefixes);
    add(Trips.FLIGHT, FlightBooked.class, prefixes);
    add(Trips.HOTEL, HotelBooked.class, prefixes);
    add(Trips.CAR, CarBooked.class, prefixes);
  }

  private void add(String topic, Class<?> type, Map<String, byte[]> prefixes) {
    SpecificData model = SpecificData.getForClass(type);
    Schema schema = model.getSchema(type);
    byte[] prefix = prefixes.get(topic);
    if (prefix == null) {
      throw new IllegalArgumentException(
          "no schema id for topic %s, there are some for %s".formatted(topic, prefixes.keySet()));
    }
    types.put(
        topic,
        new Type(
            prefix,
            new SpecificDatumReader<>(schema, schema, model),
            new SpecificDatumWriter<>(schema, model)));
  }

  byte[] encode(String topic, SpecificRecord event) {
    Type type = type(topic);
    bytes.reset();
    bytes.writeBytes(type.prefix);
    try {
      encoder = EncoderFactory.get().directBinaryEncoder(bytes, encoder);
      type.writer.write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  SpecificRecord decode(String topic, byte[] value) {
    Type type = type(topic);
    if (Arrays.mismatch(value, 0, PREFIX, type.prefix, 0, PREFIX) >= 0) {
      throw new IllegalArgumentException(
          "a value of topic %s begins with another schema id".formatted(topic));
    }
    try {
      decoder = DecoderFactory.get().binaryDecoder(value, PREFIX, value.length - PREFIX, decoder);
      return type.reader.read(null, decoder);
    } catch (IOException e) {
      throw new UncheckedIOException("a value of topic " + topic, e);
    }
  }

  private Type type(String topic) {
    Type type = types.get(topic);
    if (type == null) {
      throw new IllegalArgumentException(
          "no event of topic %s is known, those of %s are".formatted(topic, types.keySet()));
    }
    return type;
  }

  private record Type(
      byte[] prefix,
      SpecificDatumReader<SpecificRecord> reader,
      SpecificDatumWriter<SpecificRecord> writer) {}
}
