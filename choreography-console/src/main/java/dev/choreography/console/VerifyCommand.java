// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Drawing;
import dev.choreography.console.trace.Refusal;
import dev.choreography.kafka.Topics;
import dev.choreography.tripbooking.TripBooking;
import dev.choreography.versions.Comparison;
import dev.choreography.versions.Recorded;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code saga verify}. */
@Command(
    name = "verify",
    description = {
      "Every declared choreography as a table and as a Mermaid diagram, and what is wrong with its"
          + " topics.",
      "Exit code 0 only if nothing is.",
      "With --record what is declared is written to a file, to be kept; with --against it is compared"
          + " with such a file, and the exit code is 0 only if sagas under way suffer from nothing."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class VerifyCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(names = "--json", description = "One JSON object a line for each choreography.")
  private boolean json;

  @ArgGroup private @Nullable FileOption file;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  VerifyCommand() {}

  /** One of them. */
  private static final class FileOption {
    @Option(
        names = "--against",
        paramLabel = "FILE",
        description = "Tells what has changed since the file was recorded.")
    private @Nullable Path against;

    @Option(
        names = "--record",
        paramLabel = "FILE",
        description = "Writes the file, with the schemas that the registry has.")
    private @Nullable Path record;
  }

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (file != null && file.against != null) {
      return compare(file.against, out);
    }
    if (file != null && file.record != null) {
      try (Cluster cluster = options.connect()) {
        out.println(Recording.write(Recording.of(cluster), file.record));
        return Console.OK;
      }
    }
    boolean holds = true;
    try (Cluster cluster = options.connect()) {
      for (Declaration declaration : cluster.declarations()) {
        List<String> problems = problems(cluster, declaration);
        out.println(json ? json(declaration, problems) : text(declaration, problems));
        holds &= problems.isEmpty();
      }
    }
    return holds ? Console.OK : Console.DOES_NOT_HOLD;
  }

  private int compare(Path recorded, PrintWriter out) throws InterruptedException {
    Recorded before;
    try {
      before = Recording.read(recorded);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--against %s: %s".formatted(recorded, e.getMessage()), e);
    }
    try (Cluster cluster = options.connect()) {
      Comparison comparison = before.comparedWith(Recording.of(cluster));
      out.println(json ? Recording.json(comparison) : Recording.text(comparison));
      return comparison.breaking().isEmpty() ? Console.OK : Console.DOES_NOT_HOLD;
    }
  }

  private static List<String> problems(Cluster cluster, Declaration declaration)
      throws InterruptedException {
    Collection<String> problems = new LinkedHashSet<>();
    try {
      Topics.check(cluster.admin(), declaration.declared(), problems);
    } catch (ExecutionException e) {
      throw new Refusal("the topics cannot be described: " + Console.sentence(e));
    }
    problems.addAll(Misplaced.problems(cluster, declaration));
    String known = TripBooking.CHOREOGRAPHY.id();
    if (known.startsWith(nameAndVersion(declaration)) && !known.equals(declaration.id())) {
      problems.add(
          "%s is declared here, this program was built with %s: a changed graph needs the next version"
              .formatted(declaration.id(), known));
    }
    return new ArrayList<>(problems);
  }

  private static String nameAndVersion(Declaration declaration) {
    return declaration.name() + ":" + declaration.declared().getVersion() + ":";
  }

  /** In Markdown. */
  static String text(Declaration declaration, List<String> problems) {
    Drawing drawing = new Drawing(declaration);
    List<String> lines = new ArrayList<>();
    lines.add(
        "# %s, version %s".formatted(declaration.name(), declaration.declared().getVersion()));
    lines.add("");
    lines.add(
        "Started by `%s`, to end within %s; commands on `%s`; fingerprint %s."
            .formatted(
                declaration.declared().getStart(),
                words(Duration.ofMillis(declaration.declared().getDeadlineMs())),
                declaration.declared().getControl(),
                declaration.declared().getFingerprint()));
    lines.add("");
    lines.add(drawing.table());
    lines.add("");
    lines.add("```mermaid\n" + drawing.mermaid() + "\n```");
    lines.add("");
    lines.add(problems.isEmpty() ? "No problems." : "Problems:");
    problems.forEach(problem -> lines.add("- " + problem));
    return String.join("\n", lines);
  }

  private static String words(Duration duration) {
    return duration
        .toString()
        .substring(2)
        .replaceAll("(?<=\\d[DHM])(?=\\d)", " ")
        .toLowerCase(Locale.ROOT);
  }

  private static ObjectNode json(Declaration declaration, List<String> problems) {
    Drawing drawing = new Drawing(declaration);
    ObjectNode all =
        JSON.createObjectNode()
            .put("name", declaration.name())
            .put("version", declaration.declared().getVersion())
            .put("fingerprint", declaration.declared().getFingerprint())
            .put("deadline_ms", declaration.declared().getDeadlineMs())
            .put("start", declaration.declared().getStart())
            .put("control", declaration.declared().getControl())
            .put("table", drawing.table())
            .put("mermaid", drawing.mermaid());
    problems.forEach(all.putArray("problems")::add);
    return all;
  }
}
