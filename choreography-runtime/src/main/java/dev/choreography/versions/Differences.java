// SPDX-License-Identifier: Apache-2.0
package dev.choreography.versions;

import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.DeclaredStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;
import org.apache.avro.SchemaNormalization;
import org.jspecify.annotations.Nullable;

/** Finds how declarations differ from recorded ones: protocol rules 7 and 8. */
final class Differences {

  private final List<String> breaking = new ArrayList<>();
  private final List<String> harmless = new ArrayList<>();

  Comparison between(Recorded before, Recorded now) {
    for (ChoreographyDeclared recorded : before.choreographies()) {
      find(now, recorded.getName(), recorded.getVersion())
          .ifPresentOrElse(same -> sameVersion(recorded, same), () -> gone(recorded));
    }
    for (ChoreographyDeclared declared : now.choreographies()) {
      if (find(before, declared.getName(), declared.getVersion()).isEmpty()) {
        added(before, declared);
      }
    }
    before
        .schemas()
        .forEach((topic, recorded) -> schema(topic, recorded, now.schemas().get(topic)));
    return new Comparison(breaking, harmless);
  }

  private static Optional<ChoreographyDeclared> find(Recorded in, String name, int version) {
    return in.choreographies().stream()
        .filter(each -> each.getName().equals(name) && each.getVersion() == version)
        .findFirst();
  }

  private void gone(ChoreographyDeclared recorded) {
    breaking.add(
        "%s is not declared any more: sagas of it that are under way would never end; `./saga drain %s` tells whether there are any"
            .formatted(named(recorded), recorded.getName()));
  }

  private void sameVersion(ChoreographyDeclared recorded, ChoreographyDeclared now) {
    List<String> changes = changes(recorded, now);
    if (changes.isEmpty() && !recorded.getFingerprint().equals(now.getFingerprint())) {
      changes.add(
          "its fingerprint is %s, recorded is %s"
              .formatted(now.getFingerprint(), recorded.getFingerprint()));
    }
    changes.forEach(
        change ->
            breaking.add(
                "%s: %s; a change of the graph needs the next version"
                    .formatted(named(now), change)));
    Duration deadline = Duration.ofMillis(now.getDeadlineMs());
    Duration was = Duration.ofMillis(recorded.getDeadlineMs());
    if (deadline.compareTo(was) < 0) {
      breaking.add(
          "%s: its deadline is %s, recorded is %s: sagas that take longer are undone, and starters that ask for longer are refused"
              .formatted(named(now), deadline, was));
    } else if (!deadline.equals(was)) {
      harmless.add("%s: its deadline is %s, recorded is %s".formatted(named(now), deadline, was));
    }
  }

  private void added(Recorded before, ChoreographyDeclared now) {
    List<ChoreographyDeclared> others =
        before.choreographies().stream()
            .filter(each -> each.getName().equals(now.getName()))
            .toList();
    if (others.isEmpty()) {
      harmless.add(named(now) + " is new");
      return;
    }
    ChoreographyDeclared newest = others.get(others.size() - 1);
    if (now.getVersion() < newest.getVersion()) {
      breaking.add(
          "%s is new and older than the recorded version %d: where it is not hosted yet its events would be ignored, not put aside; give it the next number"
              .formatted(named(now), newest.getVersion()));
    }
    for (ChoreographyDeclared other : others) {
      if (other.getStart().equals(now.getStart()) && !adopter(other).equals(adopter(now))) {
        breaking.add(
            "%s: its bare starts are adopted by %s, those of version %s by %s: both would adopt the same ones; keep the first root and its owner, or begin with another event"
                .formatted(named(now), adopter(now), other.getVersion(), adopter(other)));
      }
    }
    harmless.add("%s is new beside version %s".formatted(named(now), newest.getVersion()));
    changes(newest, now).forEach(change -> harmless.add("%s: %s".formatted(named(now), change)));
  }

  /** How the graph, its events and its owners differ. */
  private static List<String> changes(ChoreographyDeclared recorded, ChoreographyDeclared now) {
    List<String> changes = new ArrayList<>();
    change("it", "is started by", recorded.getStart(), now.getStart(), changes);
    Map<String, DeclaredStep> before = steps(recorded);
    Map<String, DeclaredStep> after = steps(now);
    for (DeclaredStep was : before.values()) {
      DeclaredStep is = after.get(was.getName());
      String step = "step " + was.getName();
      if (is == null) {
        changes.add(step + " is gone");
        continue;
      }
      change(step, "is owned by", was.getOwner(), is.getOwner(), changes);
      if (!new HashSet<>(was.getAfter()).equals(new HashSet<>(is.getAfter()))) {
        change(step, "follows", words(was.getAfter()), words(is.getAfter()), changes);
      }
      change(step, "completes with", was.getCompleted(), is.getCompleted(), changes);
      change(step, "fails with", was.getFailed(), is.getFailed(), changes);
      change(step, "compensates with", was.getCompensated(), is.getCompensated(), changes);
    }
    after.keySet().stream()
        .filter(step -> !before.containsKey(step))
        .forEach(step -> changes.add("step %s is new".formatted(step)));
    return changes;
  }

  private static void change(
      String who, String what, @Nullable String was, @Nullable String is, List<String> changes) {
    if (!String.valueOf(was).equals(String.valueOf(is))) {
      changes.add(
          "%s %s %s, recorded is %s"
              .formatted(who, what, is == null ? "nothing" : is, was == null ? "nothing" : was));
    }
  }

  private static Map<String, DeclaredStep> steps(ChoreographyDeclared declared) {
    Map<String, DeclaredStep> steps = new TreeMap<>();
    declared.getSteps().forEach(step -> steps.put(step.getName(), step));
    return steps;
  }

  private static String words(List<String> events) {
    return events.stream().sorted().collect(Collectors.joining(" and "));
  }

  /** The first root by name, and who hosts it. */
  private static String adopter(ChoreographyDeclared declared) {
    return declared.getSteps().stream()
        .filter(step -> step.getAfter().equals(List.of(declared.getStart())))
        .min(Comparator.comparing(DeclaredStep::getName))
        .map(step -> "step %s of %s".formatted(step.getName(), step.getOwner()))
        .orElse("nobody");
  }

  private void schema(String topic, Schema recorded, @Nullable Schema now) {
    if (now == null) {
      harmless.add("the schema of %s is recorded and not known now".formatted(topic));
    } else if (!recorded.getFullName().equals(now.getFullName())) {
      breaking.add(
          "topic %s carries %s, recorded is %s: participants find the class of an event by that name"
              .formatted(topic, now.getFullName(), recorded.getFullName()));
    } else {
      List<String> unread = incompatibilities(now, recorded);
      unread.forEach(
          why ->
              breaking.add(
                  "topic %s: what was published as recorded cannot be read any more: %s"
                      .formatted(topic, why)));
      List<String> notYet = incompatibilities(recorded, now);
      notYet.forEach(
          why ->
              breaking.add(
                  "topic %s: what is published now cannot be read by participants that are not upgraded yet: %s"
                      .formatted(topic, why)));
      if (unread.isEmpty() && notYet.isEmpty() && !canonical(recorded).equals(canonical(now))) {
        harmless.add("topic %s: its schema has changed, and each reads the other".formatted(topic));
      }
    }
  }

  private static String canonical(Schema schema) {
    return SchemaNormalization.toParsingForm(schema);
  }

  private static List<String> incompatibilities(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
        .getResult()
        .getIncompatibilities()
        .stream()
        .map(Differences::words)
        .toList();
  }

  private static String words(Incompatibility incompatibility) {
    return "%s at %s: %s"
        .formatted(
            incompatibility.getType(), incompatibility.getLocation(), incompatibility.getMessage());
  }

  private static String named(ChoreographyDeclared declared) {
    return "%s version %s".formatted(declared.getName(), declared.getVersion());
  }
}
