// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.testevents.CompletedA;
import org.junit.jupiter.api.Test;

class EventTypeTest {

  @Test
  void the_topic_is_the_class_name_in_snake_case() {
    assertThat(EventType.of(CompletedA.class).topic()).isEqualTo("completed_a");
  }

  @Test
  void the_schema_is_the_one_the_class_was_generated_from() {
    assertThat(EventType.of(CompletedA.class).schema()).isEqualTo(CompletedA.getClassSchema());
  }
}
