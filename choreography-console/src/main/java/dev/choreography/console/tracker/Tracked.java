// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.Trace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A saga's summary: what a line of a list says, and what is needed to fold its next event without
 * reading the others. Times in milliseconds.
 *
 * @param key which saga
 * @param declaration {@code name:version:fingerprint}; empty until its start was adopted
 * @param version of its choreography; {@link #OPEN} until its start was adopted
 * @param status {@code in_flight}, {@code stuck}, {@code completed}, {@code compensated}, {@code
 *     dead_letter}, {@code ignored} or {@link #GONE}
 * @param started when its start was published; until that is known, its earliest event
 * @param deadline its own
 * @param changed the time of its last event
 * @param ended of the event that ended it, 0 unless it has
 * @param events how many records there are, copies included
 * @param cancelled whether somebody asked it not to complete
 * @param seen its events
 * @param parkings {@code step/times} that were told, in order
 * @param answered those that were answered, told or not
 * @param steps where each stands, by name
 * @param deadLetter why its start is a dead letter; empty if it is none
 */
public record Tracked(
    SagaKey key,
    String declaration,
    int version,
    String status,
    long started,
    long deadline,
    long changed,
    long ended,
    int events,
    boolean cancelled,
    List<Seen> seen,
    List<String> parkings,
    List<String> answered,
    Map<String, String> steps,
    String deadLetter) {

  /** It ended, and left after the retention; a copy of an event of it does not bring it back. */
  static final String GONE = "gone";

  /** The version of one whose start nobody has adopted; what it is counted under. */
  static final int OPEN = 0;

  static final String IN_FLIGHT = "in_flight";
  static final String STUCK = "stuck";

  /** Its start is a dead letter, and no step has acted on it. */
  static final String DEAD_LETTER = "dead_letter";

  /** Its start is so old that every participant ignores it, protocol rule 9. */
  static final String IGNORED = "ignored";

  private static final int LONGEST_REASON = 1_000;
  private static final byte BEFORE_DEAD_LETTERS = 1;
  private static final byte FORMAT = 2;

  public Tracked {
    seen = List.copyOf(seen);
    parkings = List.copyOf(parkings);
    answered = List.copyOf(answered);
    deadLetter =
        deadLetter.length() > LONGEST_REASON ? deadLetter.substring(0, LONGEST_REASON) : deadLetter;
  }

  /** The choreography's name. */
  public String choreography() {
    return key.choreography();
  }

  /** Its id. */
  public String saga() {
    return key.saga();
  }

  /** The version as others are told of it: null until its start was adopted. */
  public @Nullable Integer versionIfAny() {
    return version == OPEN ? null : (Integer) version;
  }

  boolean isGone() {
    return status.equals(GONE);
  }

  /** Whether nobody ever adopted its start. */
  boolean wasRefused() {
    return declaration.isEmpty();
  }

  /** Whether it can still go on. */
  public boolean isInFlight() {
    return status.equals(IN_FLIGHT) || status.equals(STUCK);
  }

  /** When it is stuck; a start that was published past its deadline has a minute, too. */
  long stuckAt() {
    return Math.max(deadline, started) + SagaTrace.UNTIL_STUCK.toMillis();
  }

  /** The names of the steps that are. */
  public List<String> parked() {
    return in(Trace.PARKED);
  }

  /** The names of the steps whose participants owe the next event. */
  public List<String> waiting() {
    return in(Trace.WAITING);
  }

  private List<String> in(String state) {
    return steps.entrySet().stream()
        .filter(step -> step.getValue().equals(state))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What it is counted and listed under. */
  private List<String> statuses() {
    return parked().isEmpty() ? List.of(status) : List.of(status, Trace.PARKED);
  }

  /** Where it stands in the index. */
  Set<Bytes> entries() {
    Set<Bytes> entries = new LinkedHashSet<>();
    if (isGone()) {
      entries.add(Index.forgetting(this));
      return entries;
    }
    entries.add(Index.listed(Index.all(), this));
    entries.add(Index.listed(Index.of(choreography()), this));
    for (String each : statuses()) {
      entries.add(Index.listed(Index.in(each), this));
      entries.add(Index.listed(Index.in(each, choreography()), this));
    }
    if (isInFlight()) {
      for (List<String> some : List.of(waiting(), parked())) {
        some.forEach(step -> entries.add(Index.listed(Index.at(step), this)));
      }
    }
    entries.add(Index.named(this));
    if (status.equals(IN_FLIGHT)) {
      entries.add(Index.due(this));
    } else if (!isInFlight()) {
      entries.add(Index.leaving(this));
    }
    return entries;
  }

  /** What it adds to the counts. */
  Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    if (isGone()) {
      return counts;
    }
    for (String each : statuses()) {
      counts.put(Counter.sagas(choreography(), version, each), 1L);
    }
    for (Seen event : seen) {
      counts.put(Counter.events(choreography(), version, event.type()), 1L);
    }
    steps.forEach(
        (step, state) -> {
          if (!state.equals("none")) {
            counts.put(Counter.steps(choreography(), version, step, state), 1L);
          }
        });
    return counts;
  }

  /** What is left of it after the retention. */
  Tracked gone() {
    return new Tracked(
        key,
        declaration,
        version,
        GONE,
        started,
        deadline,
        changed,
        ended,
        events,
        cancelled,
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        "");
  }

  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeUTF(key.choreography());
      out.writeUTF(key.saga());
      out.writeUTF(declaration);
      out.writeInt(version);
      out.writeUTF(status);
      out.writeLong(started);
      out.writeLong(deadline);
      out.writeLong(changed);
      out.writeLong(ended);
      out.writeInt(events);
      out.writeBoolean(cancelled);
      out.writeShort(seen.size());
      for (Seen each : seen) {
        each.write(out);
      }
      write(out, parkings);
      write(out, answered);
      out.writeShort(steps.size());
      for (Map.Entry<String, String> step : steps.entrySet()) {
        out.writeUTF(step.getKey());
        out.writeUTF(step.getValue());
      }
      out.writeUTF(deadLetter);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  static Tracked of(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      byte format = in.readByte();
      if (format != FORMAT && format != BEFORE_DEAD_LETTERS) {
        throw new IllegalStateException(
            "a saga is stored in format %s, this program knows %s".formatted(format, FORMAT));
      }
      return new Tracked(
          new SagaKey(in.readUTF(), in.readUTF()),
          in.readUTF(),
          in.readInt(),
          in.readUTF(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readInt(),
          in.readBoolean(),
          seen(in),
          texts(in),
          texts(in),
          steps(in),
          format == BEFORE_DEAD_LETTERS ? "" : in.readUTF());
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
  }

  private static void write(DataOutputStream out, List<String> texts) throws IOException {
    out.writeShort(texts.size());
    for (String text : texts) {
      out.writeUTF(text);
    }
  }

  private static List<String> texts(DataInputStream in) throws IOException {
    List<String> texts = new ArrayList<>();
    for (int left = in.readShort(); left > 0; left--) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  private static List<Seen> seen(DataInputStream in) throws IOException {
    List<Seen> seen = new ArrayList<>();
    for (int left = in.readShort(); left > 0; left--) {
      seen.add(Seen.read(in));
    }
    return seen;
  }

  private static Map<String, String> steps(DataInputStream in) throws IOException {
    Map<String, String> steps = new LinkedHashMap<>();
    for (int left = in.readShort(); left > 0; left--) {
      steps.put(in.readUTF(), in.readUTF());
    }
    return steps;
  }
}
