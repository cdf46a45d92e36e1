// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import dev.choreography.protocol.Graph;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** Finds everything that keeps a declaration from running. */
final class Verification {

  private static final String NAME = "[a-z][a-z0-9_]*";
  private static final String OWNER = "[a-zA-Z0-9][a-zA-Z0-9._-]*";

  private final List<String> problems;
  private final Map<String, Use> uses = new HashMap<>();

  /** An event, and what for. */
  private record Use(EventType event, String purpose) {}

  private Verification(List<String> problems) {
    this.problems = problems;
  }

  /** The steps as declared; adds a sentence to {@code problems} for each problem. */
  static List<Step> problems(
      String name,
      int version,
      @Nullable EventType start,
      List<Step.Declaration> declarations,
      Duration deadline,
      List<String> problems) {
    Verification verification = new Verification(problems);
    verification.check(name.matches(NAME), "its name '%s' does not match %s".formatted(name, NAME));
    verification.check(version >= 1, "its version is %s, versions begin at 1".formatted(version));
    verification.check(
        deadline.compareTo(Duration.ZERO) > 0,
        "its deadline %s is not positive".formatted(deadline));
    verification.check(!declarations.isEmpty(), "it has no step, say step(name, ...)");
    verification.check(
        declarations.size() <= Graph.MAX_STEPS,
        "it has %s steps, at most %s are possible".formatted(declarations.size(), Graph.MAX_STEPS));
    if (start == null) {
      problems.add("it has no start event, say startedBy(event)");
    } else {
      verification.use(start, "as the start event");
    }
    List<Step> steps = verification.steps(start, declarations);
    if (steps.size() == declarations.size()) {
      verification.order(start, steps);
    }
    String control = name + "_control";
    verification.check(
        !verification.uses.containsKey(control),
        "event %s has the name of the control topic".formatted(control));
    return steps;
  }

  private List<Step> steps(@Nullable EventType start, List<Step.Declaration> declarations) {
    Set<String> names = new HashSet<>();
    List<Step> steps = new ArrayList<>();
    for (Step.Declaration d : declarations) {
      String step = "step " + d.name;
      check(d.name.matches(NAME), "step '%s': its name does not match %s".formatted(d.name, NAME));
      check(names.add(d.name), "two steps are named %s, give each its own name".formatted(d.name));
      if (d.owner == null) {
        problems.add(step + " has no owner, say ownedBy(participant)");
      } else {
        check(
            d.owner.matches(OWNER),
            "%s: its owner's name '%s' does not match %s".formatted(step, d.owner, OWNER));
      }
      check(!d.after.isEmpty(), step + " follows nothing, say after(event)");
      Set<EventType> after = new LinkedHashSet<>();
      for (EventType event : d.after) {
        check(after.add(event), "%s follows %s twice, say it once".formatted(step, event));
      }
      check(
          start == null || after.size() < 2 || !after.contains(start),
          "%s follows the start event %s beside others, which imply it: leave it out"
              .formatted(step, start));
      if (d.completed == null) {
        problems.add(step + " has no completed event, say completes(event)");
      } else {
        use(d.completed, "where " + step + " completes");
      }
      if (d.failed == null) {
        problems.add(step + " has no failed event, say fails(event)");
      } else {
        use(d.failed, "where " + step + " fails");
        checkFrameworkCanFill(d.failed, step);
      }
      if (d.compensated != null) {
        use(d.compensated, "where " + step + " compensates");
        checkFrameworkCanFill(d.compensated, step);
      }
      if (d.completed != null) {
        // What is missing was told above and is of no account for the order of the steps.
        String owner = d.owner == null ? "" : d.owner;
        EventType failed = d.failed == null ? d.completed : d.failed;
        steps.add(new Step(d.name, owner, List.copyOf(after), d.completed, failed, d.compensated));
      }
    }
    return steps;
  }

  private void order(@Nullable EventType start, List<Step> steps) {
    Set<EventType> completed = steps.stream().map(Step::completed).collect(Collectors.toSet());
    boolean known = true;
    for (Step step : steps) {
      for (EventType event : step.after()) {
        if (!event.equals(start) && !completed.contains(event)) {
          known = false;
          check(
              start == null, // it may be this one
              "step %s is unreachable: it follows %s, which is neither the start event nor a step's completed event"
                  .formatted(step.name(), event));
        }
      }
    }
    List<List<Integer>> predecessors = Choreography.predecessors(start, steps);
    Set<Integer> cyclic = Graph.cyclic(predecessors);
    if (!cyclic.isEmpty()) {
      problems.add(
          "steps %s are unreachable: they wait for one another in a cycle, or follow one that does"
              .formatted(cyclic.stream().map(i -> steps.get(i).name()).toList()));
    } else if (known && !steps.isEmpty() && steps.size() <= Graph.MAX_STEPS) {
      compensations(Graph.of(predecessors), steps);
    }
  }

  private void compensations(Graph graph, List<Step> steps) {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      boolean declared = step.compensated() != null;
      check(
          declared || !graph.canBeUndone(i),
          "step %s can be told to undo and has no compensated event, say compensates(event)"
              .formatted(step.name()));
      check(
          !declared || graph.canBeUndone(i),
          "step %s has neither a successor nor a parallel step, so it is never told to undo and its compensated event %s is superfluous"
              .formatted(step.name(), step.compensated()));
    }
  }

  private void use(EventType event, String purpose) {
    Use other = uses.putIfAbsent(event.topic(), new Use(event, purpose));
    if (other == null) {
      List<Schema.Field> fields = event.schema().getFields();
      check(
          !fields.isEmpty()
              && fields.get(0).name().equals("saga_id")
              && fields.get(0).schema().getType() == Schema.Type.STRING,
          "event %s does not begin with a string field saga_id".formatted(event));
    } else if (other.event().equals(event)) {
      problems.add("event %s is used twice: %s and %s".formatted(event, other.purpose(), purpose));
    } else {
      problems.add(
          "%s and %s would share the topic %s, rename one of them"
              .formatted(other.event().type().getName(), event.type().getName(), event));
    }
  }

  /** The framework makes such events itself where a step was skipped, cancelled or gave up. */
  private void checkFrameworkCanFill(EventType event, String step) {
    Schema.@Nullable Field reason = event.schema().getField("reason");
    check(
        reason != null && reason.schema().getType() == Schema.Type.STRING,
        "%s: event %s has no string field reason, where the framework says why"
            .formatted(step, event));
    List<String> unfilled =
        event.schema().getFields().stream()
            .filter(f -> !f.name().equals("saga_id") && !f.name().equals("reason"))
            .filter(f -> !f.hasDefaultValue())
            .map(Schema.Field::name)
            .toList();
    check(
        unfilled.isEmpty(),
        "%s: the framework emits %s too and cannot fill %s, give each a default"
            .formatted(step, event, String.join(", ", unfilled)));
  }

  private void check(boolean holds, String problem) {
    if (!holds) {
      problems.add(problem);
    }
  }
}
