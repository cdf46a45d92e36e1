// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code saga bench}.
 *
 * <p>Exit codes: 0 if everything was measured, 1 if not, 2 for wrong use. Whether a figure is good
 * is for people to say.
 */
@Command(
    name = "saga bench",
    description = {
      "Measures the runtime side by side with a hand-written pipeline that does the same durable"
          + " work (limit), and with what people write by hand (usual), on a Kafka, a registry and"
          + " a PostgreSQL started here. Sides take turns in one run; only their ratios count."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Bench implements Callable<Integer> {

  private static final Set<String> SIDES = Set.of(Figure.OURS, Figure.LIMIT, Figure.USUAL);
  private static final int NOT_MEASURED = 1;
  private static final int WRONG_USE = 2;
  private static final String ALL = "all";
  private static final String TRACKER = "tracker";
  private static final String CHURN = "churn";
  private static final String PAGE = "page";

  private static final Map<String, Benchmark> BENCHMARKS = new LinkedHashMap<>();

  static {
    BENCHMARKS.put("steps", new StepsBenchmark());
    BENCHMARKS.put("hop", new HopBenchmark());
    BENCHMARKS.put("trip", new TripBenchmark());
    BENCHMARKS.put("counts", new CountsBenchmark());
    BENCHMARKS.put("recovery", new RecoveryBenchmark());
    BENCHMARKS.put("idle", new IdleBenchmark());
    BENCHMARKS.put(TRACKER, new TrackerBenchmark());
    BENCHMARKS.put(CHURN, new ChurnBenchmark());
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "FIGURES",
      defaultValue = ALL,
      description = {
        "steps, hop, trip, counts, recovery, idle, or all of these (the default);",
        "tracker, the services with a console beside them, which takes some minutes;",
        "churn, which takes a quarter of an hour and is done once, whatever --repeats says;",
        "page only writes docs/performance.md anew from docs/performance.json."
      })
  private String figures;

  @Option(names = "--json", description = "As the last line, one JSON object with all figures.")
  private boolean json;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      defaultValue = "3",
      description = "Turns of each side; ${DEFAULT-VALUE} unless said.")
  private int repeats;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "10",
      description =
          "How long each turn is looked at, after a warm-up; ${DEFAULT-VALUE} unless said.")
  private int seconds;

  @Option(
      names = "--sides",
      paramLabel = "SIDE",
      split = ",",
      defaultValue = "ours,limit,usual",
      description = "Only these take part; ${DEFAULT-VALUE} unless said.")
  private Set<String> sides;

  @Option(
      names = "--page",
      description =
          "Also keeps the results in docs/performance.json and writes docs/performance.md.")
  private boolean page;

  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  Bench() {}

  /** See {@code saga bench --help}. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    System.exit(
        new CommandLine(new Bench())
            .setParameterExceptionHandler((wrong, given) -> refuse(wrong))
            .setExecutionExceptionHandler((failure, command, parsed) -> fail(failure))
            .execute(args));
  }

  private static int refuse(ParameterException wrong) {
    System.err.printf("%s; `./saga bench --help` lists what can be said.%n", wrong.getMessage());
    return WRONG_USE;
  }

  private static int fail(Exception failure) {
    System.err.println("not everything was measured:");
    failure.printStackTrace();
    return NOT_MEASURED;
  }

  @Override
  public Integer call() throws Exception {
    Path project = Path.of(System.getProperty("saga.home", ".")).toAbsolutePath().normalize();
    Results results = new Results(project);
    if (figures.equals(PAGE)) {
      results.writePage();
      return 0;
    }
    Map<String, Benchmark> chosen = chosen();
    Plan plan = new Plan(repeats, Duration.ofSeconds(seconds), sides, project, System.err::println);
    List<Figure> all = new ArrayList<>();
    for (Map.Entry<String, Benchmark> benchmark : chosen.entrySet()) {
      ObjectNode machine = Machine.describe();
      System.err.println("measuring " + benchmark.getKey() + " ...");
      List<Figure> figures = benchmark.getValue().run(plan);
      results.add(benchmark.getKey(), machine, plan, figures);
      all.addAll(figures);
    }
    System.err.println("all values are in " + results.write());
    if (page) {
      results.writePage();
    }
    System.out.print(Text.table(all));
    if (json) {
      System.out.println(Results.summary(all));
    }
    return 0;
  }

  private Map<String, Benchmark> chosen() {
    refuseUnless(
        SIDES.containsAll(sides), "--sides is %s, expected some of ours,limit,usual", sides);
    refuseUnless(repeats >= 1 && repeats <= 99, "--repeats is %d, expected 1 to 99", repeats);
    refuseUnless(seconds >= 2 && seconds <= 600, "--seconds is %d, expected 2 to 600", seconds);
    if (figures.equals(ALL)) {
      Map<String, Benchmark> all = new LinkedHashMap<>(BENCHMARKS);
      all.remove(TRACKER);
      all.remove(CHURN);
      return all;
    }
    Benchmark one = BENCHMARKS.get(figures);
    if (one == null) {
      throw new ParameterException(
          spec.commandLine(),
          "There are no figures '%s', expected one of %s or %s"
              .formatted(figures, BENCHMARKS.keySet(), ALL));
    }
    return Map.of(figures, one);
  }

  private void refuseUnless(boolean holds, String problem, Object found) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), problem.formatted(found));
    }
  }
}
