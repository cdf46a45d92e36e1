// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.jspecify.annotations.Nullable;

/**
 * A value without parts as JSON, and back to the same bytes. A logical type is text, as people
 * write it; a value that has no such text is a number, or {@code 0x} and its bytes in hexadecimal.
 */
final class AvroScalar {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final HexFormat HEX = HexFormat.of();
  private static final String RAW = "0x";
  private static final String NAN = "NaN";

  private AvroScalar() {}

  /** The JSON of a value, also of one that does not fit its schema: its text then. */
  static JsonNode write(Schema schema, @Nullable Object value) {
    if (value == null) {
      return NODES.nullNode();
    }
    Object raw = raw(value);
    LogicalText logical = LogicalText.of(schema);
    if (logical != null && fits(schema, raw)) {
      String text = text(logical, raw);
      if (text != null) {
        return NODES.textNode(text);
      }
      return raw instanceof byte[] bytes ? NODES.textNode(RAW + HEX.formatHex(bytes)) : plain(raw);
    }
    return plain(raw);
  }

  /** The text of a value, if it leads back to the value. */
  private static @Nullable String text(LogicalText logical, Object raw) {
    try {
      String text = logical.writer().apply(raw);
      return text != null && Objects.deepEquals(logical.reader().apply(text), raw) ? text : null;
    } catch (DateTimeException | IllegalArgumentException | ArithmeticException e) {
      return null;
    }
  }

  private static boolean fits(Schema schema, Object raw) {
    return switch (schema.getType()) {
      case INT -> raw instanceof Integer;
      case LONG -> raw instanceof Long;
      case BYTES, FIXED -> raw instanceof byte[];
      case STRING -> raw instanceof String;
      default -> false;
    };
  }

  private static Object raw(Object value) {
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return bytes;
    }
    return value instanceof GenericFixed fixed
        ? fixed.bytes()
        : value instanceof CharSequence text ? text.toString() : value;
  }

  private static JsonNode plain(Object raw) {
    if (raw instanceof Boolean truth) {
      return NODES.booleanNode(truth);
    }
    if (raw instanceof Integer number) {
      return NODES.numberNode(number);
    }
    if (raw instanceof Long number) {
      return NODES.numberNode(number);
    }
    if (raw instanceof Double number) {
      return Double.isNaN(number)
          ? nan(Double.doubleToRawLongBits(number), Double.doubleToLongBits(Double.NaN), 16)
          : number(number, number.toString());
    }
    if (raw instanceof Float number) {
      return Float.isNaN(number)
          ? nan(Float.floatToRawIntBits(number), Float.floatToIntBits(Float.NaN), 8)
          : number(number, number.toString());
    }
    return NODES.textNode(raw instanceof byte[] bytes ? HEX.formatHex(bytes) : raw.toString());
  }

  /** JSON has no word for some, and Java's decimals have no negative zero; none looks whole. */
  private static JsonNode number(double number, String text) {
    if (Double.isInfinite(number) || Double.doubleToRawLongBits(number) == Long.MIN_VALUE) {
      return NODES.textNode(text);
    }
    BigDecimal exact = new BigDecimal(text);
    boolean looksWhole = exact.toString().chars().noneMatch(c -> c == '.' || c == 'E');
    return NODES.numberNode(looksWhole ? exact.setScale(1) : exact);
  }

  /** There are many, which differ in bits that few programs set. */
  private static JsonNode nan(long bits, long usual, int digits) {
    return NODES.textNode(bits == usual ? NAN : NAN + ":" + HEX.toHexDigits(bits, digits));
  }

  /**
   * The value in JSON, as Avro's generic records have it.
   *
   * @return null if it is of another kind
   */
  static @Nullable Object read(Schema schema, JsonNode given) {
    try {
      LogicalText logical = LogicalText.of(schema);
      return switch (schema.getType()) {
        case STRING ->
            !given.isTextual()
                ? null
                : logical == null ? given.asText() : logical.reader().apply(given.asText());
        case BOOLEAN -> given.isBoolean() ? (Object) given.asBoolean() : null;
        case INT ->
            logical != null && given.isTextual()
                ? logical.reader().apply(given.asText())
                : given.isIntegralNumber() && given.canConvertToInt()
                    ? (Object) given.asInt()
                    : null;
        case LONG ->
            logical != null && given.isTextual()
                ? logical.reader().apply(given.asText())
                : given.isIntegralNumber() && given.canConvertToLong()
                    ? (Object) given.asLong()
                    : null;
        case FLOAT -> singlePrecision(given);
        case DOUBLE -> doublePrecision(given);
        case ENUM ->
            given.isTextual() && schema.hasEnumSymbol(given.asText())
                ? new GenericData.EnumSymbol(schema, given.asText())
                : null;
        case BYTES -> ByteBuffer.wrap(bytes(logical, given));
        case FIXED -> {
          byte[] bytes = bytes(logical, given);
          yield bytes.length == schema.getFixedSize() ? new GenericData.Fixed(schema, bytes) : null;
        }
        default -> null;
      };
    } catch (DateTimeException | IllegalArgumentException | ArithmeticException e) {
      return null;
    }
  }

  private static byte[] bytes(@Nullable LogicalText logical, JsonNode given) {
    boolean isDecimal = logical != null && given.isNumber();
    if (!given.isTextual() && !isDecimal) {
      throw new IllegalArgumentException("no text");
    }
    String text = isDecimal ? given.decimalValue().toString() : given.asText();
    return logical == null
        ? HEX.parseHex(text)
        : text.startsWith(RAW)
            ? HEX.parseHex(text, RAW.length(), text.length())
            : (byte[]) logical.reader().apply(text);
  }

  private static @Nullable Object doublePrecision(JsonNode given) {
    if (given.isTextual()) {
      String text = given.asText();
      return isWord(text)
          ? (Object) Double.valueOf(text)
          : text.startsWith(NAN + ":")
              ? (Object) Double.longBitsToDouble(HexFormat.fromHexDigitsToLong(text.substring(4)))
              : null;
    }
    if (!given.isNumber()) {
      return null;
    }
    BigDecimal exact = given.decimalValue();
    double number = exact.doubleValue();
    return isKept(exact, number, Double.toString(number), 15, Double.MIN_NORMAL) ? number : null;
  }

  private static @Nullable Object singlePrecision(JsonNode given) {
    if (given.isTextual()) {
      String text = given.asText();
      return isWord(text)
          ? (Object) Float.valueOf(text)
          : text.startsWith(NAN + ":")
              ? (Object) Float.intBitsToFloat(HexFormat.fromHexDigits(text.substring(4)))
              : null;
    }
    if (!given.isNumber()) {
      return null;
    }
    BigDecimal exact = given.decimalValue();
    float number = exact.floatValue();
    boolean isWidened = Float.isFinite(number) && exact.doubleValue() == number;
    return isWidened || isKept(exact, number, Float.toString(number), 6, Float.MIN_NORMAL)
        ? number
        : null;
  }

  private static boolean isWord(String text) {
    return Arrays.asList(NAN, "Infinity", "-Infinity", "-0.0").contains(text);
  }

  /** Whether a number that was given is said of what it becomes, so that nobody reads another. */
  private static boolean isKept(
      BigDecimal exact, double number, String text, int surelyKept, double smallest) {
    if (Double.isInfinite(number)) {
      return false;
    }
    return exact.compareTo(new BigDecimal(text)) == 0
        || exact.compareTo(new BigDecimal(number)) == 0
        || (exact.stripTrailingZeros().precision() <= surelyKept && Math.abs(number) >= smallest);
  }

  /** The kind of value that a schema expects, in words. */
  static String expected(Schema schema) {
    LogicalText logical = LogicalText.of(schema);
    if (logical != null) {
      return logical.expected();
    }
    return switch (schema.getType()) {
      case STRING -> "a text";
      case BOOLEAN -> "true or false";
      case INT, LONG -> "a whole number";
      case FLOAT -> "a number of at most 6 digits";
      case DOUBLE -> "a number of at most 15 digits";
      case ENUM -> "one of " + String.join(", ", schema.getEnumSymbols());
      case BYTES -> "bytes in hexadecimal";
      case FIXED -> schema.getFixedSize() + " bytes in hexadecimal";
      default -> "null";
    };
  }
}
