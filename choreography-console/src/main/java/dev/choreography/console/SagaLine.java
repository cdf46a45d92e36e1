// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.status.SagaStatus;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.tracker.Tracked;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A saga in a line of a list. */
final class SagaLine {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> owners = new HashMap<>();

  /** With the declarations that say who owns the steps. */
  SagaLine(Collection<Declaration> declarations) {
    for (Declaration each : declarations) {
      each.steps().forEach(step -> owners.put(key(each.name(), step.getName()), step.getOwner()));
    }
  }

  private static String key(String choreography, String step) {
    return choreography + '\0' + step;
  }

  ObjectNode json(Tracked saga) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("saga", saga.saga())
            .put("choreography", saga.choreography())
            .put("version", saga.versionIfAny())
            .put("status", saga.status())
            .put("started", time(saga.started()))
            .put("deadline", time(saga.deadline()))
            .put("changed", time(saga.changed()))
            .put("ended", saga.ended() == 0 ? null : time(saga.ended()))
            .put("events", saga.events());
    line.put("dead_letter", saga.deadLetter().isEmpty() ? null : saga.deadLetter());
    saga.parked().forEach(line.putArray("parked")::add);
    ArrayNode waits = line.putArray("waits_for");
    for (String step : saga.waiting()) {
      waits
          .addObject()
          .put("step", step)
          .put("participant", owners.get(key(saga.choreography(), step)));
    }
    return line;
  }

  static @Nullable String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /** A change of it. */
  static ObjectNode json(SagaStatus status) {
    ObjectNode line =
        JSON.createObjectNode()
            .put("saga", status.getSagaId())
            .put("choreography", status.getChoreography())
            .put("version", status.getVersion())
            .put("status", status.getStatus())
            .put("started", status.getStarted().toString())
            .put("deadline", status.getDeadline().toString())
            .put("changed", status.getChanged().toString());
    status.getParked().forEach(line.putArray("parked")::add);
    return line;
  }
}
