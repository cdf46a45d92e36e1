// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.CausalOrder;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Trace;
import dev.choreography.console.trace.Trace.Status;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.protocol.Signal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Follows the demo's sagas on their topics, and tells each event as it appears. */
final class Observation {

  /** No saga of the demo takes nearly as long to go a step further. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(200);

  private final Declaration declaration;
  private final EventReader reader;
  private final Output output;
  private final CausalOrder order = new CausalOrder();
  private final Map<String, Trace> traces = new LinkedHashMap<>();
  private int ended;
  private @Nullable Instant first;
  private @Nullable Instant last;

  Observation(Declaration declaration, DemoOptions options, EventReader reader, Output output) {
    this.declaration = declaration;
    this.reader = reader;
    this.output = output;
    for (int number = 1; number <= options.bookings(); number++) {
      traces.put(Trips.sagaId(options.seed(), number), new Trace(declaration));
    }
  }

  /**
   * Returns when every saga has ended, or when nothing has happened for so long that the others
   * will not.
   *
   * @throws IllegalStateException if a service or the publisher has failed
   */
  void untilAllEnded(Services services, BackgroundTask publishing)
      throws IOException, InterruptedException {
    long lastSeen = System.nanoTime();
    while (ended < traces.size()) {
      List<TracedEvent> events = reader.poll(POLL);
      events.forEach(event -> order.add(event).forEach(this::tell));
      output.flush();
      if (!publishing.isDone() || !events.isEmpty()) {
        lastSeen = System.nanoTime();
      } else if (System.nanoTime() - lastSeen > PATIENCE.toNanos()) {
        return;
      }
      for (ServiceProcess process : services.processes()) {
        process.requireRunning();
      }
    }
  }

  private void tell(TracedEvent event) {
    Trace trace = traces.computeIfAbsent(event.saga(), saga -> new Trace(declaration));
    boolean wasInFlight = trace.status() == Status.IN_FLIGHT;
    Signal signal = declaration.signals().get(event.type());
    if (signal == null || !trace.add(event.type())) {
      return;
    }
    Status status = trace.status();
    if (wasInFlight && status != Status.IN_FLIGHT) {
      ended++;
      last = event.time();
    }
    if (first == null) {
      first = event.time();
    }
    output.event(event, signal.kind(), TripWords.of(event.event()), status);
  }

  /** By saga, in the order of their numbers. */
  Map<String, Trace> traces() {
    return traces;
  }

  /** From the first booking to the last end. */
  double seconds() {
    return first == null || last == null ? 0 : Duration.between(first, last).toMillis() / 1e3;
  }
}
