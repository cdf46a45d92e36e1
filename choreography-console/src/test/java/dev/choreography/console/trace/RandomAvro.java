// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.jspecify.annotations.Nullable;

/** Schemas of all of Avro's types, and values of them, from a seed. */
final class RandomAvro {

  private static final List<String> TEXTS =
      List.of(
          "", "0aff", "12", "-0.0", "NaN", "0x00", "2027-05-01", "A", "true", "ünï\u0000\"\n😀");
  private static final long[] LONGS = {
    0, 1, -1, 1L << 53, (1L << 53) + 1, Long.MIN_VALUE, Long.MAX_VALUE, Integer.MIN_VALUE
  };
  private static final double[] DOUBLES = {
    0.0,
    -0.0,
    0.1,
    1.0,
    1.0e22,
    2e-3,
    Double.NaN,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    9_007_199_254_740_994.0
  };

  private final Random random;
  private int names;

  RandomAvro(long seed) {
    random = new Random(seed);
  }

  /** A record of every type, and of some more. */
  Schema event() {
    Schema event = Schema.createRecord("Event" + names++, null, "random", false);
    List<Schema.Field> fields = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      fields.add(new Schema.Field("f" + i, schema(3)));
    }
    event.setFields(fields);
    return event;
  }

  private Schema schema(int depth) {
    int kind = random.nextInt(depth > 0 ? 14 : 9);
    return switch (kind) {
      case 9 -> Schema.createArray(schema(depth - 1));
      case 10 -> Schema.createMap(schema(depth - 1));
      case 11 -> record(depth);
      case 12, 13 -> union(depth);
      default -> scalar();
    };
  }

  /**
   * One whose name is also its field's now and then, and that may be of the same shape as another.
   */
  private Schema record(int depth) {
    String name = "R" + names++;
    Schema record = Schema.createRecord(name, null, null, false);
    List<Schema.Field> fields = new ArrayList<>();
    if (random.nextInt(4) == 0) {
      Schema again = Schema.createUnion(Schema.create(Schema.Type.NULL), record);
      fields.add(new Schema.Field(name, again));
    } else {
      fields.add(new Schema.Field(random.nextBoolean() ? "string" : "same", schema(depth - 1)));
    }
    record.setFields(fields);
    return record;
  }

  private Schema union(int depth) {
    Map<String, Schema> types = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      Schema type = random.nextInt(4) == 0 ? Schema.create(Schema.Type.NULL) : schema(depth - 1);
      if (type.getType() != Schema.Type.UNION) {
        types.putIfAbsent(type.getFullName(), type);
      }
    }
    List<Schema> all = new ArrayList<>(types.values());
    if (all.isEmpty()) {
      all.add(Schema.create(Schema.Type.NULL));
    }
    Collections.shuffle(all, random);
    return Schema.createUnion(all);
  }

  private Schema scalar() {
    return switch (random.nextInt(26)) {
      case 0 -> Schema.create(Schema.Type.NULL);
      case 1 -> Schema.create(Schema.Type.BOOLEAN);
      case 2 -> Schema.create(Schema.Type.INT);
      case 3 -> Schema.create(Schema.Type.LONG);
      case 4 -> Schema.create(Schema.Type.FLOAT);
      case 5 -> Schema.create(Schema.Type.DOUBLE);
      case 6 -> Schema.create(Schema.Type.BYTES);
      case 7 -> Schema.create(Schema.Type.STRING);
      case 8 -> Schema.createEnum("E" + names++, null, null, List.of("A", "NaN", "true"));
      case 9 -> fixed(random.nextInt(5));
      case 10 -> of(LogicalTypes.date(), Schema.create(Schema.Type.INT));
      case 11 -> of(LogicalTypes.timeMillis(), Schema.create(Schema.Type.INT));
      case 12 -> of(LogicalTypes.timeMicros(), Schema.create(Schema.Type.LONG));
      case 13 -> of(LogicalTypes.timestampMillis(), Schema.create(Schema.Type.LONG));
      case 14 -> of(LogicalTypes.timestampMicros(), Schema.create(Schema.Type.LONG));
      case 15 -> of(LogicalTypes.timestampNanos(), Schema.create(Schema.Type.LONG));
      case 16 -> of(LogicalTypes.localTimestampMillis(), Schema.create(Schema.Type.LONG));
      case 17 -> of(LogicalTypes.localTimestampMicros(), Schema.create(Schema.Type.LONG));
      case 18 -> of(LogicalTypes.localTimestampNanos(), Schema.create(Schema.Type.LONG));
      case 19 -> of(LogicalTypes.uuid(), Schema.create(Schema.Type.STRING));
      case 20 -> of(LogicalTypes.uuid(), fixed(16));
      case 21 -> of(LogicalTypes.duration(), fixed(12));
      case 22 -> of(LogicalTypes.bigDecimal(), Schema.create(Schema.Type.BYTES));
      case 23 -> of(LogicalTypes.decimal(6, random.nextInt(7)), fixed(4));
      default ->
          of(
              LogicalTypes.decimal(1 + random.nextInt(40), random.nextInt(2)),
              Schema.create(Schema.Type.BYTES));
    };
  }

  private Schema fixed(int size) {
    return Schema.createFixed("F" + names++, null, null, size);
  }

  private static Schema of(LogicalType logical, Schema schema) {
    return logical.addToSchema(schema);
  }

  /** A value as Avro's generic records have it. */
  @Nullable Object value(Schema schema) {
    return value(schema, 6);
  }

  private @Nullable Object value(Schema schema, int depth) {
    return switch (schema.getType()) {
      case RECORD -> {
        GenericData.Record record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
          record.put(field.pos(), value(field.schema(), depth - 1));
        }
        yield record;
      }
      case ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          items.add(value(schema.getElementType(), depth - 1));
        }
        yield items;
      }
      case MAP -> {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          String[] keys = {"map", "string", "bytes", "same", "R1", "array", ""};
          values.put(keys[random.nextInt(keys.length)], value(schema.getValueType(), depth - 1));
        }
        yield values;
      }
      case UNION -> {
        List<Schema> types = schema.getTypes();
        Schema type = types.get(depth <= 0 ? 0 : random.nextInt(types.size()));
        yield value(type, depth - 1);
      }
      case NULL -> null;
      case BOOLEAN -> random.nextBoolean();
      case INT -> integer(schema);
      case LONG -> number(schema);
      case FLOAT -> random.nextBoolean() ? (float) some(DOUBLES) : Float.intBitsToFloat(quiet());
      case DOUBLE ->
          random.nextBoolean() ? some(DOUBLES) : Double.longBitsToDouble(random.nextLong());
      case STRING ->
          schema.getLogicalType() != null
              ? new UUID(random.nextLong(), random.nextLong()).toString()
              : TEXTS.get(random.nextInt(TEXTS.size()));
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case BYTES -> ByteBuffer.wrap(bytes(random.nextInt(20)));
      case FIXED -> new GenericData.Fixed(schema, bytes(schema.getFixedSize()));
    };
  }

  /** Not of those whose bits a processor changes when it loads them. */
  private int quiet() {
    int bits = random.nextInt();
    return Float.isNaN(Float.intBitsToFloat(bits)) ? bits | 0x0040_0000 : bits;
  }

  private Integer integer(Schema schema) {
    int any = random.nextBoolean() ? random.nextInt() : (int) some(LONGS);
    return schema.getLogicalType() != null && random.nextInt(3) > 0
        ? Math.floorMod(any, 86_400_000)
        : any;
  }

  private Long number(Schema schema) {
    long any = random.nextBoolean() ? random.nextLong() : some(LONGS);
    return schema.getLogicalType() != null && random.nextInt(3) > 0
        ? Math.floorMod(any, 86_400_000_000L)
        : any;
  }

  /** Small numbers more often: decimals of few digits, of a fixed size as well. */
  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    if (random.nextBoolean()) {
      byte sign = (byte) -random.nextInt(2);
      for (int i = 0; i < size - 2; i++) {
        bytes[i] = sign;
      }
    }
    return bytes;
  }

  private long some(long[] numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  private double some(double[] numbers) {
    return numbers[random.nextInt(numbers.length)];
  }
}
