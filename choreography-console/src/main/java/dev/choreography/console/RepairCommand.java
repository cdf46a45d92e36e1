// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.Control.Target;
import dev.choreography.console.Remaining.Left;
import dev.choreography.console.Remaining.Standing;
import dev.choreography.console.Repairs.Asked;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.SagaTrace;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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

/** {@code saga repair}. */
@Command(
    name = "repair",
    description = {
      "Asks the owners of a saga's steps to publish again what their journals say, so that whoever"
          + " missed an event hears it. No state changes by that, and a second repair only costs"
          + " duplicates.",
      "For sagas that do not end because Kafka has lost events: a broker came back without the end"
          + " of its disk, a topic was deleted, a replica that was behind became the leader. What is"
          + " parked needs retry or resolve instead; whose participant is down needs that participant.",
      "Sagas are named, or chosen with --stuck or --open. What is chosen is listed and counted, and"
          + " repaired with --yes alone.",
      "Exit code 0 only if all were asked; one that is refused is told, and the others are asked."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class RepairCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Parameters(arity = "0..*", paramLabel = "ID", description = "The sagas' ids.")
  private @Nullable List<String> ids;

  @Option(names = "--stuck", description = "All that should have ended a minute ago.")
  private boolean stuck;

  @Option(names = "--open", description = "All that have not ended, whatever their deadline.")
  private boolean open;

  @Option(
      names = "--choreography",
      paramLabel = "NAME",
      description =
          "Of this one alone: trip_booking, or trip_booking:1 for one version. A named saga of which"
              + " no event is left on any topic is repaired where its choreography is named.")
  private @Nullable String choreography;

  @Option(names = "--yes", description = "With --stuck or --open: repairs what is chosen.")
  private boolean yes;

  @Option(
      names = "--why",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What was lost; stays in the trace.")
  private String why;

  @Option(
      names = "--who",
      paramLabel = "NAME",
      defaultValue = "${sys:user.name}",
      description = "Who asks; ${DEFAULT-VALUE} unless said.")
  private String who;

  @Option(names = "--json", description = "One JSON object a line for each saga.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  RepairCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    List<String> named = ids == null ? List.of() : ids;
    if ((named.isEmpty() ? 0 : 1) + (stuck ? 1 : 0) + (open ? 1 : 0) != 1) {
      throw new ParameterException(
          spec.commandLine(), "Name sagas, or choose them with one of --stuck and --open");
    }
    if (choreography != null && !choreography.matches(DrainCommand.NAME)) {
      throw new ParameterException(
          spec.commandLine(),
          "'%s' names no choreography, expected one such as trip_booking or trip_booking:1"
              .formatted(choreography));
    }
    if (!named.isEmpty() && yes) {
      throw new ParameterException(spec.commandLine(), "--yes goes with --stuck or --open");
    }
    try (Cluster cluster = options.connect()) {
      boolean all = named.isEmpty() ? chosen(cluster) : named(cluster, named);
      return all ? Console.OK : Console.DOES_NOT_HOLD;
    }
  }

  private boolean named(Cluster cluster, List<String> named) throws InterruptedException {
    List<Declaration> asked = DrainCommand.asked(cluster.declarations(), choreography);
    List<Target> targets = new ArrayList<>();
    boolean all = true;
    for (String saga : named) {
      try {
        targets.add(target(cluster, asked, saga));
      } catch (Refusal e) {
        all = false;
        tell(Asked.failed(saga, e));
      }
    }
    return Repairs.ask(cluster, targets, who, why, this::tell) && all;
  }

  private Target target(Cluster cluster, List<Declaration> asked, String saga)
      throws InterruptedException {
    List<SagaTrace> traces = Control.traces(cluster, asked, saga);
    if (traces.isEmpty() && choreography != null) {
      // The newest; the deadline tells participants that have no row of it that it is not old.
      Declaration declaration = asked.get(asked.size() - 1);
      Instant deadline = Instant.now().plusMillis(declaration.declared().getDeadlineMs());
      return new Target(saga, declaration, deadline);
    }
    return Target.of(Control.theOne(traces, saga));
  }

  private boolean chosen(Cluster cluster) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    List<Declaration> declared = cluster.declarations();
    List<Declaration> asked = DrainCommand.asked(declared, choreography);
    Remaining remaining = read(cluster, declared, asked);
    List<Target> targets = new ArrayList<>();
    for (Standing standing : remaining.standings(Instant.now())) {
      for (Left left : standing.left()) {
        Instant deadline = left.deadline();
        if (asked.contains(standing.declaration()) && deadline != null && (open || left.stuck())) {
          targets.add(new Target(left.saga(), standing.declaration(), deadline));
          if (!yes) {
            out.println(json ? json(standing.declaration(), left) : text(left));
          }
        }
      }
    }
    boolean all = !yes || Repairs.ask(cluster, targets, who, why, this::tell);
    if (!json) {
      out.println(counted(targets.size()));
      asked.stream().map(Declaration::name).distinct().forEach(name -> notAdopted(remaining, name));
    }
    return all;
  }

  private static Remaining read(
      Cluster cluster, List<Declaration> declared, List<Declaration> asked)
      throws InterruptedException {
    Set<String> names = asked.stream().map(Declaration::name).collect(Collectors.toSet());
    // All versions of a choreography, since a start may be of any of them.
    List<Declaration> read = declared.stream().filter(each -> names.contains(each.name())).toList();
    try (RemainingReader reader = new RemainingReader(cluster, read)) {
      return reader.toEnd();
    }
  }

  private String counted(int count) {
    String sagas =
        count == 0
            ? "No saga is " + (stuck ? "stuck" : "open")
            : "%s saga%s %s %s"
                .formatted(
                    count,
                    count == 1 ? "" : "s",
                    count == 1 ? "is" : "are",
                    stuck ? "stuck" : "open");
    return count == 0 || yes
        ? sagas + "."
        : sagas + "; nothing was published yet, the same with --yes repairs them.";
  }

  /** Their journals have no payload, so there is nothing to publish again. */
  private void notAdopted(Remaining remaining, String name) {
    int starts = remaining.notAdopted(name, Instant.now()).size();
    if (starts > 0) {
      spec.commandLine()
          .getOut()
          .printf(
              "%s: %s starts are not adopted, and no repair helps them: publish them again.%n",
              name, starts);
    }
  }

  private void tell(Asked asked) {
    if (json) {
      spec.commandLine().getOut().println(asked.json());
    } else if (asked.where() == null) {
      spec.commandLine().getErr().println(asked.text());
      spec.commandLine().getErr().flush();
    } else {
      spec.commandLine().getOut().println(asked.text());
    }
  }

  private static String text(Left left) {
    return "%-28s %s"
        .formatted(
            left.saga(),
            left.owed().stream().map(Object::toString).collect(Collectors.joining(", ")))
        .stripTrailing();
  }

  private static ObjectNode json(Declaration declaration, Left left) {
    ObjectNode saga =
        JSON.createObjectNode()
            .put("saga", left.saga())
            .put("choreography", declaration.name())
            .put("version", declaration.declared().getVersion())
            .put("stuck", left.stuck());
    ArrayNode owed = saga.putArray("owed");
    left.owed().forEach(debt -> owed.add(debt.toString()));
    return saga;
  }
}
