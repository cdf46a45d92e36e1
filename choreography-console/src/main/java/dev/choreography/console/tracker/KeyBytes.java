// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/** A key of a store, of parts that sort as what they stand for. */
final class KeyBytes {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);

  /** A text with an end, so that none is the beginning of another. */
  KeyBytes text(String text) {
    bytes.writeBytes(text.getBytes(UTF_8));
    bytes.write(0);
    return this;
  }

  /** The beginning of a text. */
  KeyBytes beginning(String text) {
    bytes.writeBytes(text.getBytes(UTF_8));
    return this;
  }

  /** A number that is not negative. */
  KeyBytes number(long number) {
    bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    return this;
  }

  /** The same, the largest first. */
  KeyBytes descending(long number) {
    return number(Long.MAX_VALUE - number);
  }

  KeyBytes raw(byte[] part) {
    bytes.writeBytes(part);
    return this;
  }

  Bytes bytes() {
    return Bytes.wrap(bytes.toByteArray());
  }

  /** Comes after all that begin with this; no text has its byte. */
  static Bytes end(Bytes prefix) {
    byte[] end = Arrays.copyOf(prefix.get(), prefix.get().length + 1);
    end[end.length - 1] = (byte) 0xff;
    return Bytes.wrap(end);
  }
}
