// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.Remaining.Left;
import dev.choreography.console.Remaining.Standing;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Parking;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.Trace.Debt;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saga drain}. */
@Command(
    name = "drain",
    description = {
      "How many sagas of each version have not ended, from the topics alone. A version that nobody"
          + " publishes any more may stop being hosted when it has none left.",
      "A start that no participant has adopted is of no version yet, and told apart; so is one that"
          + " nobody will act on, which is not waited for."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class DrainCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();
  static final String NAME = "[a-z][a-z0-9_]*(:[1-9][0-9]{0,9})?";

  @Parameters(
      arity = "0..1",
      paramLabel = "CHOREOGRAPHY",
      description = "Of this one alone: trip_booking, or trip_booking:1 for one version.")
  private @Nullable String choreography;

  @Option(names = "--ids", description = "Each saga that is left, and who owes what.")
  private boolean ids;

  @Option(
      names = "--wait",
      description = "Goes on until none is left; tells each time that their number has changed.")
  private boolean wait;

  @Option(
      names = "--json",
      description = "One JSON object a line for each version; with --wait each time.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DrainCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    if (choreography != null && !choreography.matches(NAME)) {
      throw new ParameterException(
          spec.commandLine(),
          "'%s' names no choreography, expected one such as trip_booking or trip_booking:1"
              .formatted(choreography));
    }
    PrintWriter out = spec.commandLine().getOut();
    try (Cluster cluster = options.connect()) {
      List<Declaration> all = cluster.declarations();
      List<Declaration> asked = asked(all, choreography);
      Set<String> names = asked.stream().map(Declaration::name).collect(Collectors.toSet());
      // All versions of a choreography, since a start may be of any of them.
      List<Declaration> read = all.stream().filter(each -> names.contains(each.name())).toList();
      try (RemainingReader reader = new RemainingReader(cluster, read)) {
        Remaining remaining = reader.toEnd();
        Map<String, Set<String>> open =
            names.stream()
                .collect(
                    Collectors.toMap(
                        name -> name, name -> remaining.notAdopted(name, Instant.now())));
        List<String> told = tell(remaining, asked, List.of(), out);
        while (wait && !isDrained(remaining, asked, open)) {
          reader.poll();
          told = tell(remaining, asked, told, out);
        }
      }
      return Console.OK;
    }
  }

  /**
   * The declarations of a choreography, or of one version of it; all if none is named.
   *
   * @throws Refusal if there are none
   */
  static List<Declaration> asked(List<Declaration> declared, @Nullable String choreography) {
    List<Declaration> asked =
        declared.stream()
            .filter(
                each ->
                    choreography == null
                        || choreography.equals(each.name())
                        || choreography.equals(version(each)))
            .toList();
    if (asked.isEmpty()) {
      throw new Refusal(
          "no participant has declared %s; declared are %s"
              .formatted(choreography, declared.stream().map(DrainCommand::version).toList()));
    }
    return asked;
  }

  private static String version(Declaration declaration) {
    return "%s:%s".formatted(declaration.name(), declaration.declared().getVersion());
  }

  /**
   * @param open the starts that nobody had adopted when this began; they may be of these versions
   */
  private static boolean isDrained(
      Remaining remaining, List<Declaration> asked, Map<String, Set<String>> open) {
    boolean adopted =
        open.entrySet().stream()
            .allMatch(
                starts -> {
                  Set<String> still = new HashSet<>(starts.getValue());
                  still.retainAll(remaining.notAdopted(starts.getKey(), Instant.now()));
                  return still.isEmpty();
                });
    return adopted
        && remaining.standings(Instant.now()).stream()
            .filter(standing -> asked.contains(standing.declaration()))
            .allMatch(standing -> standing.left().isEmpty());
  }

  /** Prints how it stands unless that was said before, and returns what was said. */
  private List<String> tell(
      Remaining remaining, List<Declaration> asked, List<String> before, PrintWriter out) {
    List<String> lines = new ArrayList<>();
    Instant now = Instant.now();
    for (Standing standing : remaining.standings(now)) {
      if (asked.contains(standing.declaration())) {
        int notAdopted = remaining.notAdopted(standing.declaration().name(), now).size();
        lines.add(
            json
                ? json(standing, notAdopted, remaining, now).toString()
                : String.join(System.lineSeparator(), text(standing)));
      }
    }
    if (!json) {
      asked.stream()
          .map(Declaration::name)
          .distinct()
          .forEach(name -> lines.addAll(withoutVersion(remaining, name, now)));
    }
    if (!lines.equals(before)) {
      lines.forEach(out::println);
      out.flush();
    }
    return lines;
  }

  private static List<String> withoutVersion(Remaining remaining, String name, Instant now) {
    List<String> lines = new ArrayList<>();
    int open = remaining.notAdopted(name, now).size();
    if (open > 0) {
      lines.add("%s: %s starts are not adopted, so their version is open".formatted(name, open));
    }
    remaining
        .refused(name, now)
        .forEach(
            (saga, reason) ->
                lines.add(
                    "%s: nobody will act on the start of %s: %s".formatted(name, saga, reason)));
    return lines;
  }

  private List<String> text(Standing standing) {
    List<String> lines = new ArrayList<>();
    long stuck = standing.left().stream().filter(Left::stuck).count();
    long parked = standing.left().stream().filter(left -> !left.parked().isEmpty()).count();
    lines.add(
        "%s version %d: %s left, %s ended%s%s"
            .formatted(
                standing.declaration().name(),
                standing.declaration().declared().getVersion(),
                standing.left().isEmpty() ? "none" : standing.left().size(),
                standing.ended(),
                stuck == 0 ? "" : "; %s stuck".formatted(stuck),
                parked == 0 ? "" : "; %s parked, see `./saga parked`".formatted(parked)));
    if (ids) {
      for (Left left : standing.left()) {
        List<String> waits = new ArrayList<>();
        left.owed().forEach(debt -> waits.add(debt.toString()));
        left.parked()
            .forEach(
                parking ->
                    waits.add(
                        "step %s of %s is parked"
                            .formatted(parking.step(), parking.participant())));
        lines.add("  %-28s %s".formatted(left.saga(), String.join(", ", waits)).stripTrailing());
      }
    }
    return lines;
  }

  private ObjectNode json(Standing standing, int notAdopted, Remaining remaining, Instant now) {
    ObjectNode all =
        JSON.createObjectNode()
            .put("choreography", standing.declaration().name())
            .put("version", standing.declaration().declared().getVersion())
            .put("left", standing.left().size())
            .put("ended", standing.ended())
            .put("stuck", standing.left().stream().filter(Left::stuck).count())
            .put("not_adopted", notAdopted);
    ObjectNode refused = all.putObject("refused");
    remaining.refused(standing.declaration().name(), now).forEach(refused::put);
    if (ids) {
      ArrayNode sagas = all.putArray("sagas");
      for (Left left : standing.left()) {
        ObjectNode saga = sagas.addObject().put("saga", left.saga()).put("stuck", left.stuck());
        ArrayNode owed = saga.putArray("owed");
        for (Debt debt : left.owed()) {
          ObjectNode one =
              owed.addObject().put("participant", debt.participant()).put("step", debt.step());
          debt.events().forEach(one.putArray("events")::add);
        }
        ArrayNode parked = saga.putArray("parked");
        for (Parking parking : left.parked()) {
          parked
              .addObject()
              .put("participant", parking.participant())
              .put("step", parking.step())
              .put("times", parking.times());
        }
      }
    }
    return all;
  }
}
