// SPDX-License-Identifier: Apache-2.0
package dev.choreography.versions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompensatedB;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.CompletedC;
import dev.choreography.testevents.CompletedD;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.FailedC;
import dev.choreography.testevents.FailedD;
import dev.choreography.testevents.Started;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordedTest {

  private static final Choreography FIRST = pair(1, "one", "two").build();

  /** A second step is last and alone, so it needs no compensation. */
  private static Choreography.Builder pair(int version, String ownerOfA, String ownerOfB) {
    return Choreography.named("pair")
        .version(version)
        .startedBy(Started.class)
        .deadline(Duration.ofMinutes(10))
        .step("a", step -> a(step, ownerOfA))
        .step("b", step -> b(step, ownerOfB, CompletedA.class));
  }

  private static void a(Step.Declaration step, String owner) {
    step.ownedBy(owner)
        .after(Started.class)
        .completes(CompletedA.class)
        .fails(FailedA.class)
        .compensates(CompensatedA.class);
  }

  private static void b(
      Step.Declaration step, String owner, Class<? extends SpecificRecord> after) {
    step.ownedBy(owner).after(after).completes(CompletedB.class).fails(FailedB.class);
  }

  private static Choreography with(int version, UnaryOperator<Choreography.Builder> change) {
    return change.apply(pair(version, "one", "two")).build();
  }

  private static Comparison compared(Choreography... now) {
    return Recorded.of(FIRST).comparedWith(Recorded.of(now));
  }

  @Test
  void what_is_written_is_read_and_says_the_same() {
    Recorded recorded = Recorded.of(FIRST, with(2, b -> b.deadline(Duration.ofDays(1))));
    Recorded read = Recorded.parse(recorded.json());
    assertThat(read.choreographies()).isEqualTo(recorded.choreographies());
    assertThat(read.json()).isEqualTo(recorded.json());
    assertThat(recorded.comparedWith(read)).isEqualTo(new Comparison(List.of(), List.of()));
    assertThat(recorded.json())
        .contains("\"deadline\" : \"PT10M\"", "\"after\" : [\n", "\"type\" : \"string\"")
        .doesNotContain("avro.java.string")
        .endsWith("}\n");
  }

  @Test
  void the_order_in_which_versions_are_given_has_no_say() {
    Choreography second = with(2, b -> b);
    assertThat(Recorded.of(FIRST, second).json()).isEqualTo(Recorded.of(second, FIRST).json());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no | it is no JSON",
        "{} | choreographies is no list",
        "[] | choreographies is no list",
        "{\"choreographies\":[{}]} | choreographies[0].version is no number",
        "{\"choreographies\":[{\"version\":1}]} | choreographies[0].steps is no list",
        "{\"choreographies\":[{\"version\":1,\"steps\":[{}]}]} | choreographies[0].steps[0].after is no list",
        "{\"choreographies\":[{\"version\":1,\"steps\":[]}]} | choreographies[0].name is no text",
        "{\"choreographies\":[{\"version\":1,\"steps\":[],\"name\":\"n\",\"fingerprint\":\"f\",\"deadline\":\"soon\"}]} | choreographies[0].deadline is no ISO-8601 duration",
        "{\"choreographies\":[],\"schemas\":{\"started\":{}}} | schemas.started is no Avro schema",
      })
  void what_is_no_record_is_refused_with_the_place(String json, String says) {
    assertThatThrownBy(() -> Recorded.parse(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no recorded declarations")
        .hasMessageContaining(says);
  }

  @Test
  void nothing_differs_where_nothing_has_changed() {
    assertThat(compared(FIRST)).isEqualTo(new Comparison(List.of(), List.of()));
  }

  @Test
  void another_owner_of_a_step_in_the_same_version_breaks() {
    assertThat(compared(pair(1, "one", "other").build()).breaking())
        .singleElement()
        .asString()
        .contains("pair version 1: step b is owned by other, recorded is two", "the next version");
  }

  @Test
  void another_graph_in_the_same_version_breaks() {
    Choreography sideBySide =
        Choreography.named("pair")
            .startedBy(Started.class)
            .deadline(Duration.ofMinutes(10))
            .step("a", step -> a(step, "one"))
            .step(
                "b",
                step -> {
                  b(step, "two", Started.class);
                  step.compensates(CompensatedB.class);
                })
            .build();
    assertThat(compared(sideBySide).breaking())
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).contains("step b follows started, recorded is completed_a"),
            p ->
                assertThat(p)
                    .contains("step b compensates with compensated_b, recorded is nothing"));
  }

  @Test
  void other_events_of_a_step_in_the_same_version_break() {
    Choreography other =
        Choreography.named("pair")
            .startedBy(CompletedC.class)
            .deadline(Duration.ofMinutes(10))
            .step(
                "b",
                step ->
                    step.ownedBy("two")
                        .after(CompletedC.class)
                        .completes(CompletedD.class)
                        .fails(FailedD.class))
            .build();
    assertThat(compared(other).breaking())
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).contains("it is started by completed_c, recorded is started"),
            p -> assertThat(p).contains("step a is gone"),
            p -> assertThat(p).contains("step b follows completed_c, recorded is completed_a"),
            p -> assertThat(p).contains("step b completes with completed_d, recorded is completed"),
            p -> assertThat(p).contains("step b fails with failed_d, recorded is failed_b"));
  }

  @Test
  void a_step_more_in_the_same_version_breaks() {
    Choreography more =
        Choreography.named("pair")
            .startedBy(Started.class)
            .deadline(Duration.ofMinutes(10))
            .step("a", step -> a(step, "one"))
            .step(
                "b",
                step -> {
                  b(step, "two", CompletedA.class);
                  step.compensates(CompensatedB.class);
                })
            .step(
                "c",
                step ->
                    step.ownedBy("three")
                        .after(CompletedB.class)
                        .completes(CompletedC.class)
                        .fails(FailedC.class))
            .build();
    assertThat(compared(more).breaking())
        .anySatisfy(p -> assertThat(p).contains("pair version 1: step c is new"));
  }

  @Test
  void a_fingerprint_that_differs_for_no_visible_reason_breaks() {
    Recorded tampered =
        Recorded.parse(Recorded.of(FIRST).json().replace(FIRST.fingerprint(), "0123456789abcdef"));
    assertThat(tampered.comparedWith(Recorded.of(FIRST)).breaking())
        .singleElement()
        .asString()
        .contains("its fingerprint is " + FIRST.fingerprint(), "recorded is 0123456789abcdef");
  }

  @Test
  void a_shorter_deadline_breaks_and_a_longer_one_is_told() {
    assertThat(compared(with(1, b -> b.deadline(Duration.ofMinutes(9)))).breaking())
        .singleElement()
        .asString()
        .contains("its deadline is PT9M, recorded is PT10M");
    Comparison longer = compared(with(1, b -> b.deadline(Duration.ofMinutes(11))));
    assertThat(longer.breaking()).isEmpty();
    assertThat(longer.harmless()).singleElement().asString().contains("PT11M", "PT10M");
  }

  @Test
  void a_version_that_is_gone_breaks() {
    assertThat(compared(with(2, b -> b)).breaking())
        .singleElement()
        .asString()
        .contains("pair version 1 is not declared any more", "`./saga drain pair`");
    assertThat(compared().breaking()).hasSize(1);
  }

  @Test
  void a_next_version_beside_the_recorded_one_is_harmless_and_its_changes_are_told() {
    Comparison comparison = compared(FIRST, pair(2, "one", "other").build());
    assertThat(comparison.breaking()).isEmpty();
    assertThat(comparison.harmless())
        .containsExactly(
            "pair version 2 is new beside version 1",
            "pair version 2: step b is owned by other, recorded is two");
  }

  @Test
  void a_next_version_whose_bare_starts_another_adopts_breaks() {
    assertThat(compared(FIRST, pair(2, "other", "two").build()).breaking())
        .singleElement()
        .asString()
        .contains("pair version 2", "step a of other, those of version 1 by step a of one");
  }

  @Test
  void a_version_that_is_new_and_older_breaks() {
    Choreography second = with(2, b -> b);
    assertThat(Recorded.of(second).comparedWith(Recorded.of(FIRST, second)).breaking())
        .singleElement()
        .asString()
        .contains("pair version 1 is new and older than the recorded version 2", "ignored");
  }

  @Test
  void a_choreography_that_is_new_is_harmless() {
    Comparison comparison = Recorded.of().comparedWith(Recorded.of(FIRST));
    assertThat(comparison.breaking()).isEmpty();
    assertThat(comparison.harmless()).containsExactly("pair version 1 is new");
  }

  @Test
  void a_field_that_old_events_lack_breaks_without_a_default_and_not_with_one() {
    String field = ", {\"name\": \"more\", \"type\": \"int\"%s}";
    assertThat(schemas("", field.formatted("")).breaking())
        .singleElement()
        .asString()
        .contains("topic started", "as recorded cannot be read any more", "more");
    Comparison fine = schemas("", field.formatted(", \"default\": 0"));
    assertThat(fine.breaking()).isEmpty();
    assertThat(fine.harmless()).singleElement().asString().contains("schema has changed");
  }

  @Test
  void a_field_that_is_gone_and_has_no_default_breaks_those_who_are_not_upgraded_yet() {
    assertThat(schemas(", {\"name\": \"more\", \"type\": \"int\"}", "").breaking())
        .singleElement()
        .asString()
        .contains("cannot be read by participants that are not upgraded yet", "more");
  }

  @Test
  void another_type_on_a_topic_breaks() {
    Map<String, Schema> other =
        Map.of("started", new Schema.Parser().parse(schema("elsewhere.Started", "")));
    assertThat(
            new Recorded(List.of(), schemas(""))
                .comparedWith(new Recorded(List.of(), other))
                .breaking())
        .singleElement()
        .asString()
        .contains("topic started carries elsewhere.Started, recorded is here.Started");
  }

  @Test
  void a_schema_that_nobody_knows_now_is_told() {
    assertThat(
            new Recorded(List.of(), schemas(""))
                .comparedWith(new Recorded(List.of(), Map.of()))
                .harmless())
        .containsExactly("the schema of started is recorded and not known now");
  }

  private static Comparison schemas(String before, String now) {
    return new Recorded(List.of(), schemas(before))
        .comparedWith(new Recorded(List.of(), schemas(now)));
  }

  private static Map<String, Schema> schemas(String field) {
    return Map.of("started", new Schema.Parser().parse(schema("here.Started", field)));
  }

  private static String schema(String name, String field) {
    return "{\"type\": \"record\", \"name\": \"%s\", \"fields\": [{\"name\": \"saga_id\", \"type\": \"string\"}%s]}"
        .formatted(name, field);
  }
}
