// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import dev.choreography.protocol.Graph;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * The declaration of a saga: a start event and a directed acyclic graph of steps, versioned. It is
 * written once and shared by all participants; what each of them listens to is derived from it.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class Choreography {

  /** How long a saga may take unless its choreography says otherwise. */
  public static final Duration DEFAULT_DEADLINE = Duration.ofDays(1);

  private final String name;
  private final int version;
  private final EventType start;
  private final List<Step> steps;
  private final Duration deadline;
  private final Graph graph;
  private final String fingerprint;

  private Choreography(
      String name, int version, EventType start, List<Step> steps, Duration deadline) {
    this.name = name;
    this.version = version;
    this.start = start;
    this.steps = List.copyOf(steps);
    this.deadline = deadline;
    this.graph = Graph.of(predecessors(start, steps));
    this.fingerprint = fingerprint(start, steps);
  }

  /**
   * Begins a declaration.
   *
   * @param name lower case letters, digits and underscores; part of topic names, so it never
   *     changes
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** The name. */
  public String name() {
    return name;
  }

  /** The version, from 1. */
  public int version() {
    return version;
  }

  /** The event that starts a saga. */
  public EventType start() {
    return start;
  }

  /**
   * The steps, each after those it follows and otherwise by name, which is how {@link #graph()}
   * numbers them: journals keep these numbers, so the order of the declaration has no say in them.
   */
  public List<Step> steps() {
    return steps;
  }

  /** How long a saga may take from its start. */
  public Duration deadline() {
    return deadline;
  }

  /** The steps' order. */
  public Graph graph() {
    return graph;
  }

  /**
   * Sixteen hexadecimal digits that differ where start event, steps, their order, events or owners
   * differ. Two declarations of one name and version with different fingerprints do not understand
   * each other.
   */
  public String fingerprint() {
    return fingerprint;
  }

  /** {@code name:version:fingerprint}, the value of the header {@code ce_choreography}. */
  public String id() {
    return name + ":" + version + ":" + fingerprint;
  }

  /**
   * The step of a name.
   *
   * @throws NoSuchElementException if there is none; the message names those there are
   */
  public Step step(String stepName) {
    return steps.get(indexOf(stepName));
  }

  /**
   * The number of a step in {@link #graph()}.
   *
   * @throws NoSuchElementException if there is none; the message names those there are
   */
  public int indexOf(String stepName) {
    return IntStream.range(0, steps.size())
        .filter(i -> steps.get(i).name().equals(stepName))
        .findFirst()
        .orElseThrow(
            () ->
                new NoSuchElementException(
                    "choreography %s has no step %s, its steps are %s"
                        .formatted(name, stepName, steps.stream().map(Step::name).toList())));
  }

  /** Every event: the start, then each step's, in the order of declaration. */
  public List<EventType> events() {
    List<EventType> events = new ArrayList<>();
    events.add(start);
    for (Step step : steps) {
      events.add(step.completed());
      events.add(step.failed());
      if (step.compensated() != null) {
        events.add(step.compensated());
      }
    }
    return events;
  }

  /** The topic of cancel and of operators' commands: {@code <name>_control}. */
  public String controlTopic() {
    return name + "_control";
  }

  /** Every topic of a saga's records: its events' and the control topic. */
  public List<String> topics() {
    List<String> topics = new ArrayList<>(events().stream().map(EventType::topic).toList());
    topics.add(controlTopic());
    return topics;
  }

  /**
   * A picture for documentation, as a Mermaid flowchart: the way forward in full lines, the way
   * back in dotted ones.
   */
  public String mermaid() {
    return new Diagram(start, steps, graph).mermaid();
  }

  @Override
  public String toString() {
    return id();
  }

  static List<List<Integer>> predecessors(@Nullable EventType start, List<Step> steps) {
    Map<EventType, Integer> completedBy = new LinkedHashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      completedBy.putIfAbsent(steps.get(i).completed(), i);
    }
    return steps.stream()
        .map(
            step ->
                step.after().stream()
                    .filter(event -> !event.equals(start) && completedBy.containsKey(event))
                    .map(completedBy::get)
                    .toList())
        .toList();
  }

  private static List<Step> ordered(EventType start, List<Step> declared) {
    List<Step> left = new ArrayList<>(declared);
    left.sort(Comparator.comparing(Step::name));
    List<Step> ordered = new ArrayList<>();
    Set<EventType> arrived = new HashSet<>(Set.of(start));
    while (!left.isEmpty()) {
      Step next =
          left.stream().filter(step -> arrived.containsAll(step.after())).findFirst().orElseThrow();
      left.remove(next);
      ordered.add(next);
      arrived.add(next.completed());
    }
    return ordered;
  }

  private static String fingerprint(EventType start, List<Step> steps) {
    String canonical =
        steps.stream()
            .sorted(Comparator.comparing(Step::name))
            .map(
                step ->
                    String.join(
                        " ",
                        step.name(),
                        step.owner(),
                        new TreeSet<>(step.after().stream().map(EventType::topic).toList())
                            .toString(),
                        step.completed().topic(),
                        step.failed().topic(),
                        String.valueOf(step.compensated())))
            .collect(Collectors.joining("\n", start.topic() + "\n", ""));
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** A declaration as far as it has come. Not for use by several threads. */
  public static final class Builder {
    private final String name;
    private final List<Step.Declaration> steps = new ArrayList<>();
    private int version = 1;
    private @Nullable EventType start;
    private Duration deadline = DEFAULT_DEADLINE;

    private Builder(String name) {
      this.name = name;
    }

    /** From 1, which it is unless said otherwise; a change of the graph needs the next one. */
    public Builder version(int number) {
      this.version = number;
      return this;
    }

    /** The event that starts a saga. */
    public Builder startedBy(Class<? extends SpecificRecord> event) {
      this.start = EventType.of(event);
      return this;
    }

    /** One more step. */
    public Builder step(String stepName, Consumer<Step.Declaration> declaration) {
      Step.Declaration step = new Step.Declaration(stepName);
      declaration.accept(step);
      steps.add(step);
      return this;
    }

    /** How long a saga may take from its start; {@link #DEFAULT_DEADLINE} unless said. */
    public Builder deadline(Duration time) {
      this.deadline = time;
      return this;
    }

    /**
     * The declaration, checked.
     *
     * @throws InvalidChoreographyException listing every problem
     */
    public Choreography build() {
      List<String> problems = new ArrayList<>();
      List<Step> complete = Verification.problems(name, version, start, steps, deadline, problems);
      if (!problems.isEmpty() || start == null) {
        throw new InvalidChoreographyException(name, problems);
      }
      return new Choreography(name, version, start, ordered(start, complete), deadline);
    }
  }
}
