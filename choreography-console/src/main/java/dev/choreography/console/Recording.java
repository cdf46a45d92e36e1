// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.avro.RegisteredSchemas;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.versions.Comparison;
import dev.choreography.versions.Recorded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;

/** What is declared on a cluster, in a file and beside what a file says. */
final class Recording {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Recording() {}

  /** What participants have declared, with the newest schemas that the registry has for it. */
  static Recorded of(Cluster cluster) throws InterruptedException {
    List<Declaration> declarations = cluster.declarations();
    RegisteredSchemas registered = RegisteredSchemas.configured(cluster.properties());
    Map<String, Schema> schemas = new TreeMap<>();
    try {
      for (Declaration declaration : declarations) {
        for (String topic : declaration.topics()) {
          registered.newest(topic).ifPresent(schema -> schemas.put(topic, schema));
        }
      }
    } catch (SerializationException e) {
      throw new Refusal("the schemas cannot be read: " + Console.sentence(e));
    }
    return new Recorded(declarations.stream().map(Declaration::declared).toList(), schemas);
  }

  /** Writes a file, over the one that is there. */
  static String write(Recorded recorded, Path file) {
    try {
      Files.writeString(file, recorded.json());
    } catch (IOException e) {
      throw new Refusal("%s cannot be written: %s".formatted(file, e));
    }
    return "%s holds %s declarations and %s schemas."
        .formatted(file, recorded.choreographies().size(), recorded.schemas().size());
  }

  /**
   * What {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it cannot be read, or is something else
   */
  static Recorded read(Path file) {
    try {
      return Recorded.parse(Files.readString(file));
    } catch (IOException e) {
      throw new IllegalArgumentException("it cannot be read: " + e, e);
    }
  }

  static String text(Comparison comparison) {
    List<String> lines = new ArrayList<>();
    if (!comparison.breaking().isEmpty()) {
      lines.add("What breaks sagas under way:");
      comparison.breaking().forEach(difference -> lines.add("- " + difference));
    }
    if (!comparison.harmless().isEmpty()) {
      lines.add("What differs and breaks nothing:");
      comparison.harmless().forEach(difference -> lines.add("- " + difference));
    }
    return lines.isEmpty()
        ? "Nothing differs from what is recorded."
        : String.join(System.lineSeparator(), lines);
  }

  static ObjectNode json(Comparison comparison) {
    ObjectNode all = JSON.createObjectNode();
    comparison.breaking().forEach(all.putArray("breaking")::add);
    comparison.harmless().forEach(all.putArray("harmless")::add);
    return all;
  }
}
