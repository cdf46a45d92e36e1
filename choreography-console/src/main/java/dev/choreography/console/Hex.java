// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Bytes for people. */
final class Hex {

  private static final int ROW = 16;
  private static final int MOST_SHOWN = 4096;

  private Hex() {}

  /** Rows of sixteen with their offset and what is readable of them. */
  static String dump(byte[] bytes) {
    List<String> rows = new ArrayList<>();
    int shown = Math.min(bytes.length, MOST_SHOWN);
    for (int at = 0; at < shown; at += ROW) {
      int end = Math.min(at + ROW, shown);
      StringBuilder readable = new StringBuilder();
      for (int i = at; i < end; i++) {
        readable.append(bytes[i] >= ' ' && bytes[i] < 127 ? (char) bytes[i] : '.');
      }
      rows.add(
          "  %04x  %-47s  %s"
              .formatted(at, HexFormat.ofDelimiter(" ").formatHex(bytes, at, end), readable));
    }
    if (shown < bytes.length) {
      rows.add("  and %s more, which --json shows".formatted(bytes.length - shown));
    }
    return String.join(System.lineSeparator(), rows);
  }
}
