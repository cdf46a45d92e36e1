// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tokens, and the sessions of those who have logged in with one. Sessions are kept in memory and
 * end half a day after their last request. Safe for use by several threads.
 */
public final class Access {

  /** A token that is shorter can be guessed. */
  public static final int LEAST_LENGTH = 16;

  private static final Duration IDLE = Duration.ofHours(12);
  private static final int MOST_SESSIONS = 1_000;
  private static final int RANDOM_BYTES = 24;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] toRead;
  private final byte[] toAct;
  private final InstantSource clock;
  private final Map<String, Session> sessions = new LinkedHashMap<>();

  /**
   * A login.
   *
   * @param id the cookie's value
   * @param csrf what each POST has to repeat, which a page of another origin cannot know
   */
  record Session(String id, Level level, String csrf, Instant last) {}

  /**
   * With these tokens.
   *
   * @throws IllegalArgumentException if one is too short, or both are the same
   */
  public Access(String toRead, String toAct, InstantSource clock) {
    if (toRead.length() < LEAST_LENGTH || toAct.length() < LEAST_LENGTH) {
      throw new IllegalArgumentException(
          "a token needs at least %s characters".formatted(LEAST_LENGTH));
    }
    if (toRead.equals(toAct)) {
      throw new IllegalArgumentException(
          "the token to read and the one to act are the same, so that everybody could act");
    }
    this.toRead = toRead.getBytes(UTF_8);
    this.toAct = toAct.getBytes(UTF_8);
    this.clock = clock;
  }

  /** A token that nobody guesses. */
  public static String random() {
    byte[] bytes = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** What a token lets do; always takes the same time. */
  Level ofToken(String token) {
    byte[] given = token.getBytes(UTF_8);
    boolean acts = MessageDigest.isEqual(given, toAct);
    boolean reads = MessageDigest.isEqual(given, toRead);
    return acts ? Level.ACT : reads ? Level.READ : Level.NONE;
  }

  /** A new session, or null if the token is none. */
  synchronized @Nullable Session login(String token) {
    Level level = ofToken(token);
    if (level == Level.NONE) {
      return null;
    }
    Iterator<Session> oldest = sessions.values().iterator();
    while (sessions.size() >= MOST_SESSIONS) {
      oldest.next();
      oldest.remove();
    }
    Session session = new Session(random(), level, random(), clock.instant());
    sessions.put(session.id(), session);
    return session;
  }

  /** The session of a cookie, or null if it is none, or has ended. */
  synchronized @Nullable Session session(String id) {
    Session session = sessions.remove(id);
    if (session == null || session.last().plus(IDLE).isBefore(clock.instant())) {
      return null;
    }
    Session now = new Session(id, session.level(), session.csrf(), clock.instant());
    sessions.put(id, now); // last again, so that the first is the one idle for the longest time
    return now;
  }

  synchronized void logout(String id) {
    sessions.remove(id);
  }
}
