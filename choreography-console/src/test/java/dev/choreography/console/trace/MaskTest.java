// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;

class MaskTest {

  private static final Schema INNER =
      SchemaBuilder.record("Card")
          .fields()
          .requiredLong("number")
          .requiredString("kind")
          .endRecord();
  private static final Schema OUTER =
      SchemaBuilder.record("Paid")
          .fields()
          .requiredString("saga_id")
          .name("card")
          .type(INNER)
          .noDefault()
          .name("cards")
          .type()
          .array()
          .items(INNER)
          .noDefault()
          .name("more")
          .type()
          .map()
          .values()
          .stringType()
          .noDefault()
          .endRecord();

  private static GenericRecord card() {
    GenericRecord card = new GenericData.Record(INNER);
    card.put("number", 4_711L);
    card.put("kind", "gold");
    return card;
  }

  @Test
  void a_name_is_hidden_at_any_depth_whatever_its_type_and_nothing_else_is() {
    GenericRecord paid = new GenericData.Record(OUTER);
    paid.put("saga_id", "s");
    paid.put("card", card());
    paid.put("cards", List.of(card(), card()));
    paid.put("more", Map.of("number", "4711", "kind", "gold"));
    TracedEvent event =
        Mask.of(" number , x-secret")
            .event(
                Found.record(
                    "paid",
                    0,
                    0,
                    0,
                    "s".getBytes(UTF_8),
                    new byte[0],
                    Map.of("x-secret", "4711", "x-open", "gold")),
                paid);
    String json = PayloadJson.of(Objects.requireNonNull(event.event())).toString();
    assertThat(json + event.headers()).doesNotContain("4711").doesNotContain("4_711");
    assertThat(json).containsSubsequence("gold", "gold", "gold", "gold");
    assertThat(event.headers()).containsEntry("x-secret", "***").containsEntry("x-open", "gold");
  }

  @Test
  void a_dead_letters_key_is_hidden_wherever_it_is_said_if_that_is_asked_for() {
    Mask mask = Mask.of("key");
    assertThat(mask.withoutKey("4711", "4711")).isEqualTo("***");
    assertThat(mask.withoutKey("4711 is not s", "4711")).isEqualTo("*** is not s");
    assertThat(mask.withoutKey("no key", "")).isEqualTo("no key");
    assertThat(Mask.of("number").withoutKey("4711", "4711")).isEqualTo("4711");
  }

  @Test
  void what_a_trace_is_made_from_cannot_be_hidden() {
    for (String name : List.of("saga_id", "step", "ce_time")) {
      assertThatThrownBy(() -> Mask.of(name)).hasMessageContaining("cannot be masked");
    }
  }
}
