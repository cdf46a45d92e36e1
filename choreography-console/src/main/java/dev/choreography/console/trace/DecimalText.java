// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/** Decimals with every digit of their scale, and with no other. */
final class DecimalText {

  /** Java's conversion of longer ones into digits takes seconds, and nobody reads them. */
  private static final int LONGEST_BYTES = 4_096;

  private DecimalText() {}

  static LogicalText of(Schema schema, LogicalTypes.Decimal decimal) {
    int size = schema.getType() == Schema.Type.FIXED ? schema.getFixedSize() : 0;
    return new LogicalText(
        String.format(
            Locale.ROOT,
            "a number of at most %d digits, %d of them after the point",
            decimal.getPrecision(),
            decimal.getScale()),
        raw -> {
          byte[] bytes = (byte[]) raw;
          return bytes.length == 0 || bytes.length > LONGEST_BYTES
              ? null
              : new BigDecimal(new BigInteger(bytes), decimal.getScale()).toPlainString();
        },
        text -> {
          byte[] unscaled = unscaled(decimal, new BigDecimal(text)).toByteArray();
          return size == 0 ? unscaled : extended(unscaled, size);
        });
  }

  private static BigInteger unscaled(LogicalTypes.Decimal decimal, BigDecimal number) {
    // Asked before the digits are there: 1E+999999999 has as many.
    if ((long) number.precision() - number.scale() > decimal.getPrecision()
        && number.signum() != 0) {
      throw new ArithmeticException("too many digits");
    }
    BigDecimal exact = number.setScale(decimal.getScale());
    if (exact.precision() > decimal.getPrecision()) {
      throw new ArithmeticException("too many digits");
    }
    return exact.unscaledValue();
  }

  private static byte[] extended(byte[] number, int size) {
    if (number.length > size) {
      throw new ArithmeticException("too many digits");
    }
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) (number[0] < 0 ? -1 : 0));
    System.arraycopy(number, 0, bytes, size - number.length, number.length);
    return bytes;
  }

  /** Avro's big-decimal has its scale with it: bytes and an int, in Avro's own encoding. */
  static @Nullable String writeBig(Object raw) {
    byte[] bytes = (byte[]) raw;
    if (bytes.length > LONGEST_BYTES) {
      return null;
    }
    try {
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
      long length = decoder.readLong();
      if (length <= 0 || length > bytes.length) {
        return null;
      }
      byte[] unscaled = new byte[(int) length];
      decoder.readFixed(unscaled);
      return new BigDecimal(new BigInteger(unscaled), decoder.readInt()).toString();
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  static Object readBig(String text) {
    BigDecimal number = new BigDecimal(text);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      encoder.writeBytes(ByteBuffer.wrap(number.unscaledValue().toByteArray()));
      encoder.writeInt(number.scale());
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }
}
