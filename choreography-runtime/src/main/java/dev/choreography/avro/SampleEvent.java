// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;

/**
 * An event with the smallest value in each field, for serializers that register a schema only when
 * they write. It is never published.
 */
public final class SampleEvent {

  private static final String NO_UUID = "00000000-0000-0000-0000-000000000000";

  private SampleEvent() {}

  /** The schema that a class was generated from. */
  public static Schema schema(Class<? extends SpecificRecord> type) {
    return SpecificData.getForClass(type).getSchema(type);
  }

  /** The sample of a generated class. */
  public static SpecificRecord of(Class<? extends SpecificRecord> type) {
    SpecificData model = SpecificData.getForClass(type);
    Schema schema = schema(type);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      write(schema, encoder);
      encoder.flush();
      return new SpecificDatumReader<SpecificRecord>(schema, schema, model)
          .read(null, DecoderFactory.get().binaryDecoder(bytes.toByteArray(), null));
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
  }

  private static void write(Schema schema, BinaryEncoder encoder) throws IOException {
    String logical = schema.getLogicalType() == null ? "" : schema.getLogicalType().getName();
    switch (schema.getType()) {
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) {
          write(field.schema(), encoder);
        }
      }
      case UNION -> {
        Integer none = schema.getIndexNamed("null");
        int branch = none == null ? 0 : none;
        encoder.writeIndex(branch);
        write(schema.getTypes().get(branch), encoder);
      }
      case ARRAY -> {
        encoder.writeArrayStart();
        encoder.setItemCount(0);
        encoder.writeArrayEnd();
      }
      case MAP -> {
        encoder.writeMapStart();
        encoder.setItemCount(0);
        encoder.writeMapEnd();
      }
      case STRING -> encoder.writeString(logical.equals("uuid") ? NO_UUID : "");
      case BYTES ->
          encoder.writeBytes(
              switch (logical) {
                case "decimal" -> new byte[1];
                // Its length, which is 1 in zigzag, the digits, and a scale of 0.
                case "big-decimal" -> new byte[] {2, 0, 0};
                default -> new byte[0];
              });
      case FIXED -> encoder.writeFixed(new byte[schema.getFixedSize()]);
      case ENUM -> encoder.writeEnum(0);
      case INT -> encoder.writeInt(0);
      case LONG -> encoder.writeLong(0);
      case FLOAT -> encoder.writeFloat(0);
      case DOUBLE -> encoder.writeDouble(0);
      case BOOLEAN -> encoder.writeBoolean(false);
      case NULL -> encoder.writeNull();
    }
  }
}
