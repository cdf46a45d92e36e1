// SPDX-License-Identifier: Apache-2.0
package dev.choreography.versions;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.kafka.Declarations;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;

/**
 * Declarations and the schemas of their events as they were at some time, to be kept in a file:
 *
 * <pre>{@code
 * Recorded recorded = Recorded.parse(Files.readString(Path.of("src/test/resources/trip.json")));
 * assertThat(recorded.comparedWith(Recorded.of(TRIP)).breaking()).isEmpty();
 * }</pre>
 *
 * @param choreographies by name, then by version
 * @param schemas of the events, by topic; those that are missing are not compared
 */
public record Recorded(List<ChoreographyDeclared> choreographies, Map<String, Schema> schemas) {

  /** In an order that does not depend on that of the arguments. */
  public Recorded {
    List<ChoreographyDeclared> ordered = new ArrayList<>(choreographies);
    ordered.sort(
        Comparator.comparing(ChoreographyDeclared::getName)
            .thenComparingInt(ChoreographyDeclared::getVersion));
    choreographies = List.copyOf(ordered);
    schemas = new TreeMap<>(schemas);
  }

  /** What is declared in code: every version that is still hosted. */
  public static Recorded of(Choreography... declared) {
    Map<String, Schema> schemas = new TreeMap<>();
    for (Choreography choreography : declared) {
      for (EventType event : choreography.events()) {
        schemas.put(event.topic(), SpecificData.get().getSchema(event.type()));
      }
    }
    return new Recorded(List.of(declared).stream().map(Declarations::declared).toList(), schemas);
  }

  /**
   * What {@link #json()} wrote.
   *
   * @throws IllegalArgumentException if it is something else; the message says where
   */
  public static Recorded parse(String json) {
    return RecordedJson.read(json);
  }

  /** As text that shows in a diff what has changed; ends with a line's end. */
  public String json() {
    return RecordedJson.write(this);
  }

  /** What would become of sagas that run as recorded here once everything is as it is there. */
  public Comparison comparedWith(Recorded now) {
    return new Differences().between(this, now);
  }
}
