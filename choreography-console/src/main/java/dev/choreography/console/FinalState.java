// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.Inventory.Stock;
import dev.choreography.console.Journal.Row;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Trace;
import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.console.trace.Trace.Status;
import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How it all ended, and what is wrong with it.
 *
 * @param sagas how many were started
 * @param completed how many have
 * @param compensated how many have ended without anything left standing
 * @param stocks what is left of each inventory
 * @param problems a sentence each; none if everything that was promised holds
 */
record FinalState(
    int sagas, int completed, int compensated, List<Stock> stocks, List<String> problems) {

  /**
   * Compares the topics with the inventories and the journals.
   *
   * @param traces by saga
   * @param journals the rows of each step, from the database of its owner
   */
  static FinalState of(
      Declaration declaration,
      Map<String, Trace> traces,
      List<Stock> stocks,
      Map<String, Map<Row, State>> journals) {
    List<String> problems = new ArrayList<>();
    Set<String> completed = withStatus(Status.COMPLETED, traces);
    traces.forEach(
        (saga, trace) -> {
          if (trace.status() == Status.IN_FLIGHT) {
            problems.add(inBetween(saga, trace));
          }
        });
    for (Stock stock : stocks) {
      problems.addAll(stock.problems());
      compare(stock, completed, traces, problems);
    }
    for (DeclaredStep step : declaration.steps()) {
      compare(declaration, step, traces, journals.getOrDefault(step.getName(), Map.of()), problems);
    }
    return new FinalState(
        traces.size(),
        completed.size(),
        withStatus(Status.COMPENSATED, traces).size(),
        stocks,
        List.copyOf(problems));
  }

  /** Whether everything that was promised does. */
  boolean holds() {
    return problems.isEmpty();
  }

  /** This and more problems. */
  FinalState with(Collection<String> more) {
    List<String> all = new ArrayList<>(problems);
    all.addAll(more);
    return new FinalState(sagas, completed, compensated, stocks, List.copyOf(all));
  }

  static String inBetween(String saga, Trace trace) {
    String owed = trace.owed().stream().map(Debt::toString).collect(Collectors.joining(", "));
    return "%s has not ended: %s".formatted(saga, owed.isEmpty() ? "nobody owes an event" : owed);
  }

  private static Set<String> withStatus(Status status, Map<String, Trace> traces) {
    Set<String> sagas = new TreeSet<>();
    traces.forEach(
        (saga, trace) -> {
          if (trace.status() == status) {
            sagas.add(saga);
          }
        });
    return sagas;
  }

  /** A reservation stands exactly for each saga that completed; those in between are told apart. */
  private static void compare(
      Stock stock, Set<String> completed, Map<String, Trace> traces, List<String> problems) {
    for (String saga : stock.standing()) {
      Trace trace = traces.get(saga);
      if (trace == null || trace.status() == Status.COMPENSATED) {
        problems.add(
            "%s %s, yet it holds one of the %s"
                .formatted(
                    saga,
                    trace == null ? "was never started" : "was compensated",
                    stock.inventory().words()));
      }
    }
    for (String saga : completed) {
      if (!stock.standing().contains(saga)) {
        problems.add(
            "%s completed, yet it holds none of the %s".formatted(saga, stock.inventory().words()));
      }
    }
  }

  private static void compare(
      Declaration declaration,
      DeclaredStep step,
      Map<String, Trace> traces,
      Map<Row, State> journal,
      List<String> problems) {
    int index = declaration.steps().indexOf(step);
    traces.forEach(
        (saga, trace) -> {
          State kept = journal.getOrDefault(new Row(saga, step.getName()), State.NONE);
          State told = trace.state(index);
          if (!Journal.agrees(kept, told)) {
            problems.add(
                "%s: step %s is %s in the journal of %s, and %s by its topics"
                    .formatted(saga, step.getName(), kept, step.getOwner(), told));
          }
        });
    for (Row row : journal.keySet()) {
      if (!traces.containsKey(row.saga())) {
        problems.add(
            "%s is in the journal of %s, and was never started"
                .formatted(row.saga(), step.getOwner()));
      }
    }
  }
}
