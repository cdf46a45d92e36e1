// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static dev.choreography.console.trace.Declared.CHAIN;
import static dev.choreography.console.trace.Declared.trace;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.Inventory.Stock;
import dev.choreography.console.Journal.Row;
import dev.choreography.console.trace.Trace;
import dev.choreography.protocol.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FinalStateTest {

  private final Map<String, Trace> traces =
      Map.of(
          "done", trace(CHAIN, "begun", "a_done", "b_done", "c_done"),
          "undone", trace(CHAIN, "begun", "a_done", "b_failed", "a_undone"));
  private final Map<String, Map<Row, State>> journals =
      new HashMap<>(
          Map.of(
              "a", rows("a", State.CONFIRMED, State.COMPENSATED),
              "b", rows("b", State.COMPLETED, State.FAILED),
              "c", rows("c", State.COMPLETED, State.WAITING)));

  private static Map<Row, State> rows(String step, State done, State undone) {
    return Map.of(new Row("done", step), done, new Row("undone", step), undone);
  }

  private static Stock stock(String... standing) {
    return new Stock(Inventory.SEATS, 9, 10, Set.of(standing), List.of());
  }

  private List<String> problems(Stock stock) {
    return FinalState.of(CHAIN, traces, List.of(stock), journals).problems();
  }

  @Test
  void topics_journals_and_inventories_that_agree_hold() {
    FinalState state = FinalState.of(CHAIN, traces, List.of(stock("done")), journals);
    assertThat(state.problems()).isEmpty();
    assertThat(state.holds()).isTrue();
    assertThat(state.completed()).isEqualTo(1);
    assertThat(state.compensated()).isEqualTo(1);
  }

  @Test
  void what_is_left_standing_of_a_compensated_saga_is_a_problem() {
    assertThat(problems(stock("done", "undone")))
        .containsExactly("undone was compensated, yet it holds one of the seats");
  }

  @Test
  void what_a_completed_saga_does_not_hold_is_a_problem() {
    assertThat(problems(stock())).containsExactly("done completed, yet it holds none of the seats");
  }

  @Test
  void a_reservation_of_nobody_is_a_problem() {
    assertThat(problems(stock("done", "other")))
        .containsExactly("other was never started, yet it holds one of the seats");
  }

  @Test
  void an_inventory_that_does_not_add_up_is_a_problem() {
    Stock short1 = new Stock(Inventory.SEATS, 8, 10, Set.of("done"), List.of("8 of 10"));
    assertThat(problems(short1)).containsExactly("8 of 10");
  }

  @Test
  void a_journal_that_disagrees_with_the_topics_is_a_problem() {
    journals.put("a", rows("a", State.COMPLETED, State.PARKED));
    assertThat(problems(stock("done")))
        .containsExactly(
            "undone: step a is PARKED in the journal of a-service, and COMPENSATED by its topics");
  }

  @Test
  void a_saga_in_between_is_named_with_who_owes_what() {
    Map<String, Trace> open = Map.of("open", trace(CHAIN, "begun", "a_done"));
    FinalState state =
        FinalState.of(
            CHAIN,
            open,
            List.of(stock("open")),
            Map.of("a", Map.of(new Row("open", "a"), State.COMPLETED)));
    assertThat(state.problems())
        .containsExactly("open has not ended: b-service owes b_done or b_failed");
    assertThat(state.holds()).isFalse();
  }
}
