// SPDX-License-Identifier: Apache-2.0
package dev.choreography.versions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.avro.PlainSchema;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.DeclaredStep;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** Recorded declarations as JSON. */
final class RecordedJson {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DefaultIndenter LINES = new DefaultIndenter("  ", "\n");

  private RecordedJson() {}

  static String write(Recorded recorded) {
    ObjectNode all = JSON.createObjectNode();
    ArrayNode choreographies = all.putArray("choreographies");
    for (ChoreographyDeclared declared : recorded.choreographies()) {
      ObjectNode one =
          choreographies
              .addObject()
              .put("name", declared.getName())
              .put("version", declared.getVersion())
              .put("fingerprint", declared.getFingerprint())
              .put("start", declared.getStart())
              .put("control", declared.getControl())
              .put("deadline", Duration.ofMillis(declared.getDeadlineMs()).toString());
      ArrayNode steps = one.putArray("steps");
      declared.getSteps().stream()
          .sorted(Comparator.comparing(DeclaredStep::getName))
          .forEach(step -> write(step, steps.addObject()));
    }
    ObjectNode schemas = all.putObject("schemas");
    try {
      for (Map.Entry<String, Schema> schema : recorded.schemas().entrySet()) {
        schemas.set(schema.getKey(), JSON.readTree(PlainSchema.of(schema.getValue())));
      }
      DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
      printer.indentArraysWith(LINES);
      printer.indentObjectsWith(LINES);
      return JSON.writer(printer).writeValueAsString(all) + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(DeclaredStep step, ObjectNode to) {
    to.put("name", step.getName()).put("owner", step.getOwner());
    step.getAfter().forEach(to.putArray("after")::add);
    to.put("completed", step.getCompleted()).put("failed", step.getFailed());
    if (step.getCompensated() != null) {
      to.put("compensated", step.getCompensated());
    }
  }

  static Recorded read(String json) {
    JsonNode all;
    try {
      all = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "no recorded declarations, it is no JSON: " + e.getOriginalMessage(), e);
    }
    List<ChoreographyDeclared> choreographies = new ArrayList<>();
    JsonNode declared = array(all, "choreographies", "");
    for (int i = 0; i < declared.size(); i++) {
      choreographies.add(choreography(declared.get(i), "choreographies[%s].".formatted(i)));
    }
    Map<String, Schema> schemas = new TreeMap<>();
    for (Map.Entry<String, JsonNode> schema : all.path("schemas").properties()) {
      try {
        schemas.put(schema.getKey(), new Schema.Parser().parse(String.valueOf(schema.getValue())));
      } catch (AvroRuntimeException e) {
        throw wrong("schemas." + schema.getKey(), "no Avro schema: " + e.getMessage());
      }
    }
    return new Recorded(choreographies, schemas);
  }

  private static ChoreographyDeclared choreography(JsonNode from, String at) {
    if (!from.path("version").canConvertToInt()) {
      throw wrong(at + "version", "no number");
    }
    List<DeclaredStep> steps = new ArrayList<>();
    JsonNode declared = array(from, "steps", at);
    for (int i = 0; i < declared.size(); i++) {
      steps.add(step(declared.get(i), "%ssteps[%s].".formatted(at, i)));
    }
    return ChoreographyDeclared.newBuilder()
        .setName(text(from, "name", at))
        .setVersion(from.path("version").asInt())
        .setFingerprint(text(from, "fingerprint", at))
        .setDeadlineMs(duration(from, at).toMillis())
        .setStart(text(from, "start", at))
        .setControl(text(from, "control", at))
        .setSteps(steps)
        .build();
  }

  private static DeclaredStep step(JsonNode from, String at) {
    List<String> after = new ArrayList<>();
    array(from, "after", at).forEach(event -> after.add(event.asText()));
    @Nullable String compensated = from.has("compensated") ? text(from, "compensated", at) : null;
    return DeclaredStep.newBuilder()
        .setName(text(from, "name", at))
        .setOwner(text(from, "owner", at))
        .setAfter(after)
        .setCompleted(text(from, "completed", at))
        .setFailed(text(from, "failed", at))
        .setCompensated(compensated)
        .build();
  }

  private static Duration duration(JsonNode from, String at) {
    try {
      return Duration.parse(text(from, "deadline", at));
    } catch (DateTimeException e) {
      throw wrong(at + "deadline", "no ISO-8601 duration such as PT10M");
    }
  }

  private static String text(JsonNode from, String name, String at) {
    if (!from.path(name).isTextual()) {
      throw wrong(at + name, "no text");
    }
    return from.path(name).asText();
  }

  private static JsonNode array(JsonNode from, String name, String at) {
    if (!from.path(name).isArray()) {
      throw wrong(at + name, "no list");
    }
    return from.path(name);
  }

  private static IllegalArgumentException wrong(String where, String is) {
    return new IllegalArgumentException(
        "no recorded declarations: %s is %s; record them anew".formatted(where, is));
  }
}
