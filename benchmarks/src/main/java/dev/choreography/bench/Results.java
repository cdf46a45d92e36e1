// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Everything that was measured, as it is kept in files. */
final class Results {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectWriter PRETTY = JSON.writerWithDefaultPrettyPrinter();
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final Path project;
  private final ObjectNode runs = JSON.createObjectNode();

  Results(Path project) {
    this.project = project;
  }

  /** What one benchmark gave. */
  void add(String benchmark, ObjectNode machine, Plan plan, List<Figure> figures) {
    ObjectNode run = runs.putObject(benchmark);
    run.put("measured_at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    run.put("seconds", plan.window().toSeconds());
    run.set("machine", machine);
    ArrayNode array = run.putArray("figures");
    figures.forEach(figure -> array.add(figure.raw()));
  }

  /** Keeps them in a file of their own. */
  Path write() throws IOException {
    Path file =
        project.resolve("benchmarks/target/results/%s.json".formatted(NAME.format(Instant.now())));
    Files.createDirectories(file.getParent());
    Files.writeString(file, pretty(runs));
    return file;
  }

  /** Puts them in the place of the last ones of the same benchmarks, and writes the page anew. */
  void writePage() throws IOException {
    Path kept = project.resolve("docs/performance.json");
    ObjectNode all =
        Files.exists(kept)
            ? (ObjectNode) JSON.readTree(Files.readString(kept))
            : JSON.createObjectNode();
    all.setAll(runs);
    Files.writeString(kept, pretty(all));
    Files.writeString(project.resolve("docs/performance.md"), Page.of(all));
  }

  /** One object on one line. */
  static String summary(List<Figure> figures) throws IOException {
    ObjectNode object = JSON.createObjectNode();
    ArrayNode array = object.putArray("figures");
    figures.forEach(figure -> array.add(figure.summary()));
    return JSON.writeValueAsString(object);
  }

  private static String pretty(JsonNode json) throws IOException {
    return PRETTY.writeValueAsString(json) + "\n";
  }
}
