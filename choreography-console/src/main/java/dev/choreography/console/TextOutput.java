// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.Inventory.Stock;
import dev.choreography.console.trace.Trace.Status;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.protocol.Signal.Kind;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** For people. */
final class TextOutput implements Output {

  private static final int PROBLEMS_SHOWN = 20;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final PrintWriter out;
  private final boolean colours;

  TextOutput(OutputStream out, boolean colours) {
    this.out = Terminal.writer(out, false);
    this.colours = colours;
  }

  @Override
  public void event(TracedEvent event, Kind kind, String says, Status status) {
    String type = "%-21s".formatted(event.type());
    out.printf(
        "%s  %s  %s  %s%s%n",
        TIME.format(event.time()), event.saga(), colour(kind, type), says, end(status));
  }

  private String end(Status status) {
    return switch (status) {
      case IN_FLIGHT -> "";
      case COMPLETED -> bold(" -> saga completed");
      case COMPENSATED -> bold(" -> saga compensated");
    };
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void finalState(FinalState state, double seconds) {
    out.printf("%n%s%n", bold("Final state"));
    for (Stock stock : state.stocks()) {
      out.printf("  %-6s %6s of %s left%n", stock.inventory().words(), stock.left(), stock.of());
    }
    int inBetween = state.sagas() - state.completed() - state.compensated();
    out.printf(
        Locale.ROOT,
        "  sagas  %6d completed, %d compensated%s; %d in %.1f s%n",
        state.completed(),
        state.compensated(),
        inBetween == 0 ? "" : ", %d in between".formatted(inBetween),
        state.sagas(),
        seconds);
    if (state.holds()) {
      out.printf(
          "%nEvery inventory equals its start minus the %s bookings that stand, and no saga is in"
              + " between.%n",
          state.completed());
    } else {
      List<String> problems = state.problems();
      out.printf("%n%s%n", red("This does not hold:"));
      problems.stream().limit(PROBLEMS_SHOWN).forEach(problem -> out.printf("  %s%n", problem));
      if (problems.size() > PROBLEMS_SHOWN) {
        out.printf("  and %s more%n", problems.size() - PROBLEMS_SHOWN);
      }
    }
    out.flush();
  }

  private String colour(Kind kind, String text) {
    return switch (kind) {
      case COMPLETED -> ansi(32, text);
      case FAILED -> red(text);
      case COMPENSATED -> ansi(33, text);
      default -> text;
    };
  }

  private String red(String text) {
    return ansi(31, text);
  }

  private String bold(String text) {
    return ansi(1, text);
  }

  private String ansi(int code, String text) {
    return colours ? Terminal.styled(Integer.toString(code), text) : text;
  }
}
