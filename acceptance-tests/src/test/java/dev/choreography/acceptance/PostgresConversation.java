// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * PostgreSQL's protocol, version 3, unencrypted. A statement says its SQL when it is bound or sent;
 * {@code COMMIT:} and everything that its transaction said, parameters included, when the client
 * commits; {@code COMMITTED:} and the same when the server confirms it.
 */
final class PostgresConversation implements Conversation {

  static final String COMMIT = "COMMIT:";
  static final String COMMITTED = "COMMITTED:";

  private final Map<String, String> statements = new HashMap<>();
  private final StringBuilder transaction = new StringBuilder();
  private boolean greeted;

  @Override
  public byte[] readRequest(DataInputStream in) throws IOException {
    if (!greeted) {
      greeted = true;
      return message(in, new byte[0]);
    }
    return typed(in);
  }

  @Override
  public byte[] readAnswer(DataInputStream in) throws IOException {
    return typed(in);
  }

  private static byte[] typed(DataInputStream in) throws IOException {
    return message(in, new byte[] {in.readByte()});
  }

  /** The length counts itself and not the type. */
  private static byte[] message(DataInputStream in, byte[] type) throws IOException {
    int length = in.readInt();
    byte[] message = Arrays.copyOf(type, type.length + length);
    ByteBuffer.wrap(message).putInt(type.length, length);
    in.readFully(message, type.length + Integer.BYTES, length - Integer.BYTES);
    return message;
  }

  @Override
  public String request(byte[] message) {
    switch (message[0]) {
      case 'P' -> {
        String name = text(message, 5);
        statements.put(name, text(message, 5 + name.length() + 1));
        return "";
      }
      case 'B' -> {
        String portal = text(message, 5);
        String sql =
            statements.getOrDefault(text(message, 5 + portal.length() + 1), "unknown statement");
        return said(sql, new String(message, ISO_8859_1));
      }
      case 'Q' -> {
        return said(text(message, 5), "");
      }
      default -> {
        return "";
      }
    }
  }

  private String said(String sql, String parameters) {
    String word = sql.strip().toUpperCase(Locale.ROOT);
    if (word.equals("COMMIT")) {
      return COMMIT + transaction;
    }
    if (word.startsWith("BEGIN")) {
      transaction.setLength(0);
    }
    transaction.append(sql).append('\n').append(parameters).append('\n');
    return sql;
  }

  @Override
  public String answer(byte[] message) {
    if (message[0] == 'C' && text(message, 5).equals("COMMIT")) {
      return COMMITTED + transaction;
    }
    return "";
  }

  /** The text up to the next zero byte. */
  private static String text(byte[] message, int from) {
    int end = from;
    while (message[end] != 0) {
      end++;
    }
    return new String(message, from, end - from, ISO_8859_1);
  }
}
