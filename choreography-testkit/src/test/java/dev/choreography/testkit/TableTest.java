// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TableTest {

  private final Undo undo = new Undo();
  private final Map<String, Integer> table = new Table<>(undo);

  @Test
  void what_is_rolled_back_was_never_there() {
    table.put("rooms", 3);
    table.put("cars", 2);
    undo.begin();
    table.merge("rooms", -1, Integer::sum);
    table.put("seats", 1);
    table.remove("cars");
    table.remove("nothing");
    table.entrySet().iterator().next().setValue(9);

    undo.rollback();

    assertThat(table).isEqualTo(Map.of("rooms", 3, "cars", 2));
  }

  @Test
  void what_an_iterator_removes_comes_back() {
    table.put("rooms", 3);
    table.put("cars", 2);
    undo.begin();
    table.values().removeIf(left -> left < 3);
    table.clear();

    undo.rollback();

    assertThat(table).isEqualTo(Map.of("rooms", 3, "cars", 2));
  }

  @Test
  void what_is_committed_stays() {
    undo.begin();
    table.put("rooms", 3);
    undo.commit(null);
    undo.begin();
    undo.rollback();

    assertThat(table).isEqualTo(Map.of("rooms", 3)).containsKey("rooms").hasSize(1);
  }

  @Test
  void an_attempt_is_undone_within_its_transaction() {
    undo.begin();
    table.put("rooms", 3);
    int mark = undo.mark();
    table.put("rooms", 2);
    table.put("rooms", 1);

    undo.to(mark);
    undo.commit(null);

    assertThat(table).isEqualTo(Map.of("rooms", 3));
  }

  @Test
  void two_transactions_at_once_are_refused() {
    undo.begin();

    assertThatThrownBy(undo::begin).hasMessageContaining("two transactions at once");
  }
}
