// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.util.Locale;

/**
 * The tokens of an SQL text as PostgreSQL reads them (documentation, "Lexical Structure"), one at a
 * time: words, quoted identifiers, strings, and every other character on its own. Comments and
 * white space are passed over. The driver's placeholders and escapes are read as what they are
 * written with.
 */
final class SqlTokens {

  /** A sort of token. */
  enum Kind {
    WORD,
    QUOTED,
    STRING,
    OTHER,
    END
  }

  private final String sql;
  private Kind kind = Kind.END;
  private int start;
  private int end;
  private int contentStart;
  private int contentEnd;

  SqlTokens(String sql) {
    this.sql = sql;
  }

  /** Moves to the next token and tells its kind; at the end of the text it stays there. */
  Kind next() {
    start = afterSpace(end);
    if (start >= sql.length()) {
      end = start;
      kind = Kind.END;
    } else if (isWordStart(sql.charAt(start))) {
      word();
    } else {
      kind = otherThanWord(sql.charAt(start));
    }
    return kind;
  }

  /** Returns the kind of the token that it is at. */
  Kind kind() {
    return kind;
  }

  /** Returns whether it is at this word, in whatever case. */
  boolean isWord(String word) {
    return kind == Kind.WORD
        && end - start == word.length()
        && sql.regionMatches(true, start, word, 0, word.length());
  }

  /** Returns whether it is at this character, which is neither a word nor quoted. */
  boolean is(char character) {
    return kind == Kind.OTHER && sql.charAt(start) == character;
  }

  /** Returns the name or the string that it is at: words in lower case, others without quotes. */
  String text() {
    return switch (kind) {
      case WORD -> sql.substring(start, end).toLowerCase(Locale.ROOT);
      case QUOTED -> sql.substring(contentStart, contentEnd).replace("\"\"", "\"");
      case STRING -> sql.substring(contentStart, contentEnd).replace("''", "'");
      case OTHER, END -> sql.substring(start, end);
    };
  }

  private void word() {
    end = start + 1;
    while (end < sql.length() && isWordPart(sql.charAt(end))) {
      end++;
    }
    kind = Kind.WORD;
    // E'...', U&'...', U&"...", N'...', B'...', X'...'
    boolean unicode = isWord("U") && at(end) == '&' && isQuote(at(end + 1));
    int quote = unicode ? end + 1 : end;
    if (end - start == 1 && isQuote(at(quote)) && (unicode || isStringPrefix())) {
      kind = quoted(quote, isWord("E"));
    }
  }

  private boolean isStringPrefix() {
    return at(end) == '\'' && "EeNnBbXx".indexOf(sql.charAt(start)) >= 0;
  }

  private Kind otherThanWord(char first) {
    if (isQuote(first)) {
      return quoted(start, false);
    }
    if (first == '$') {
      int tag = endOfTag(start);
      if (tag > 0) {
        String delimiter = sql.substring(start, tag);
        int close = sql.indexOf(delimiter, tag);
        contentStart = tag;
        contentEnd = close < 0 ? sql.length() : close;
        end = close < 0 ? sql.length() : close + delimiter.length();
        return Kind.STRING;
      }
    }
    end = start + 1;
    return Kind.OTHER;
  }

  private Kind quoted(int from, boolean backslashes) {
    char quote = sql.charAt(from);
    contentStart = from + 1;
    int i = contentStart;
    while (i < sql.length()) {
      if (backslashes && sql.charAt(i) == '\\') {
        i += 2;
      } else if (sql.charAt(i) != quote) {
        i++;
      } else if (at(i + 1) == quote) {
        i += 2;
      } else {
        break;
      }
    }
    contentEnd = Math.min(i, sql.length());
    end = Math.min(i + 1, sql.length());
    return quote == '"' ? Kind.QUOTED : Kind.STRING;
  }

  /** Returns where the text of a dollar-quoted string begins, 0 where none does. */
  private int endOfTag(int dollar) {
    int i = dollar + 1;
    while (i < sql.length() && isWordPart(sql.charAt(i)) && sql.charAt(i) != '$') {
      i++;
    }
    boolean isTag = at(i) == '$' && !Character.isDigit(at(dollar + 1));
    return isTag ? i + 1 : 0;
  }

  private int afterSpace(int from) {
    int i = from;
    while (i < sql.length()) {
      if (Character.isWhitespace(sql.charAt(i))) {
        i++;
      } else if (sql.startsWith("--", i)) {
        i = endOfLine(i);
      } else if (sql.startsWith("/*", i)) {
        i = endOfComment(i);
      } else {
        return i;
      }
    }
    return i;
  }

  private int endOfLine(int from) {
    int i = from;
    while (i < sql.length() && sql.charAt(i) != '\n' && sql.charAt(i) != '\r') {
      i++;
    }
    return i;
  }

  /** They nest. */
  private int endOfComment(int from) {
    int depth = 0;
    int i = from;
    while (i < sql.length()) {
      if (sql.startsWith("/*", i)) {
        depth++;
        i += 2;
      } else if (sql.startsWith("*/", i)) {
        depth--;
        i += 2;
        if (depth == 0) {
          return i;
        }
      } else {
        i++;
      }
    }
    return i;
  }

  private char at(int index) {
    return index < sql.length() ? sql.charAt(index) : '\0';
  }

  private static boolean isQuote(char character) {
    return character == '\'' || character == '"';
  }

  private static boolean isWordStart(char character) {
    return character == '_' || character >= 0x80 || Character.isLetter(character);
  }

  private static boolean isWordPart(char character) {
    return isWordStart(character) || character == '$' || Character.isDigit(character);
  }
}
