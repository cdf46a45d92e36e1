// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.EventType;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A step that waits for an operator.
 *
 * @param saga whose step it is
 * @param step its name
 * @param times how often it was parked, this time included
 * @param error the last technical error
 * @param since when it was parked
 * @param participant who told so
 */
public record Parking(
    String saga, String step, int times, String error, Instant since, String participant) {

  private static final String PARKED = EventType.of(Parked.class).topic();
  private static final List<String> COMMANDS =
      List.of(EventType.of(Retry.class).topic(), EventType.of(Resolve.class).topic());

  /** What is parked and was not answered since; a command counts for the parking that it names. */
  public static List<Parking> open(Collection<TracedEvent> control) {
    Map<String, Parking> open = new LinkedHashMap<>();
    for (TracedEvent event : control) {
      if (event.type().equals(PARKED) && event.event() != null) {
        open.put(key(event), of(event));
      }
    }
    for (TracedEvent event : control) {
      if (COMMANDS.contains(event.type())) {
        open.remove(key(event));
      }
    }
    return List.copyOf(open.values());
  }

  /**
   * The parking of one step.
   *
   * @throws Refusal if it is not parked
   */
  public static Parking of(SagaTrace trace, String step) {
    return open(trace.events()).stream()
        .filter(parking -> parking.step().equals(step))
        .reduce((earlier, later) -> later)
        .orElseThrow(
            () ->
                new Refusal(
                    "step '%s' of saga %s is not parked: `./saga parked` lists what is"
                        .formatted(step, trace.saga())));
  }

  private static Parking of(TracedEvent event) {
    String participant = event.participant();
    return new Parking(
        event.saga(),
        text(event, "step"),
        Integer.parseInt(text(event, "times")),
        text(event, "error"),
        event.time(),
        participant == null ? "" : participant);
  }

  private static String key(TracedEvent event) {
    return event.saga() + "/" + text(event, "step") + "/" + text(event, "times");
  }

  private static String text(TracedEvent event, String field) {
    @Nullable String text = event.field(field);
    return text == null ? "" : text;
  }
}
