// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.Inventory.Stock;
import dev.choreography.console.trace.Trace.Status;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.protocol.Signal.Kind;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.Locale;

/** For programs: an object a line, one for each event and a last one for the final state. */
final class JsonOutput implements Output {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintWriter out;

  JsonOutput(OutputStream out) {
    this.out = Terminal.writer(out, false);
  }

  @Override
  public void event(TracedEvent event, Kind kind, String says, Status status) {
    out.println(
        JSON.createObjectNode()
            .put("time", event.time().toString())
            .put("saga", event.saga())
            .put("event", event.type())
            .put("kind", words(kind))
            .put("participant", event.participant())
            .put("outcome", event.outcome())
            .put("says", says)
            .put("status", words(status))
            .put("partition", event.record().partition())
            .put("offset", event.record().offset()));
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void finalState(FinalState state, double seconds) {
    ObjectNode summary =
        JSON.createObjectNode()
            .put("holds", state.holds())
            .put("sagas", state.sagas())
            .put("completed", state.completed())
            .put("compensated", state.compensated())
            .put("in_flight", state.sagas() - state.completed() - state.compensated())
            .put("seconds", seconds);
    ObjectNode left = summary.putObject("inventories");
    for (Stock stock : state.stocks()) {
      left.putObject(stock.inventory().words()).put("left", stock.left()).put("of", stock.of());
    }
    state.problems().forEach(summary.putArray("problems")::add);
    out.println(summary);
    out.flush();
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
