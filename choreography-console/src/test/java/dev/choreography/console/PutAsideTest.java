// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.choreography.console.trace.Found;
import dev.choreography.console.trace.Refusal;
import dev.choreography.kafka.DeadLetterHeaders;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PutAsideTest {

  private static final byte[] BYTES = "{\"a\":1}\nand more".getBytes(UTF_8);

  private static PutAside letter(
      String participant, long offset, @Nullable String key, byte @Nullable [] value) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("ce_type", "flight_booked");
    headers.put(DeadLetterHeaders.REASON, "it is no Avro");
    headers.put(DeadLetterHeaders.TOPIC, "flight_booked");
    headers.put(DeadLetterHeaders.PARTITION, "2");
    headers.put(DeadLetterHeaders.OFFSET, "17");
    headers.put(DeadLetterHeaders.TIMESTAMP, "2026-11-20T19:31:44Z");
    return new PutAside(
        participant,
        Found.record(
            participant + "_dead_letters",
            0,
            offset,
            0,
            key == null ? null : key.getBytes(UTF_8),
            value,
            headers),
        null);
  }

  @Test
  void the_original_has_the_same_bytes_key_and_headers_and_its_own_topic() {
    ProducerRecord<byte[], byte[]> original = letter("hotel", 3, "s", BYTES).original();
    assertThat(original.topic()).isEqualTo("flight_booked");
    assertThat(original.partition()).isNull();
    assertThat(original.key()).isEqualTo("s".getBytes(UTF_8));
    assertThat(original.value()).isEqualTo(BYTES);
    assertThat(original.headers()).extracting(Header::key).containsExactly("ce_type");
    assertThat(letter("hotel", 3, null, BYTES).original().partition()).isEqualTo(2);
  }

  @Test
  void one_without_a_value_is_not_replayed() {
    assertThatThrownBy(() -> letter("hotel", 3, "s", null).original())
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("hotel@3 has no value");
  }

  @Test
  void a_number_alone_is_enough_where_no_other_participant_has_it() {
    PutAside one = letter("hotel", 3, "s", BYTES);
    PutAside other = letter("car", 3, "s", BYTES);
    PutAside alone = letter("car", 4, "s", BYTES);
    DeadLetters letters = new DeadLetters(List.of(one, other, alone));
    assertThat(letters.named("hotel@3")).isEqualTo(one);
    assertThat(letters.named("4")).isEqualTo(alone);
    assertThatThrownBy(() -> letters.named("3"))
        .hasMessage("3 could be hotel@3 or car@3: say which");
    assertThatThrownBy(() -> letters.named("5")).isInstanceOf(Refusal.class);
  }

  @Test
  void one_that_several_participants_put_aside_is_replayed_once() {
    DeadLetters letters =
        new DeadLetters(List.of(letter("hotel", 3, "s", BYTES), letter("car", 3, "s", BYTES)));
    assertThat(letters.named(List.of("hotel@3", "car@3"))).hasSize(1);
  }

  @Test
  void one_that_was_replayed_is_marked_wherever_it_was_put_aside_and_listed_no_more() {
    PutAside one = letter("hotel", 3, "s", BYTES);
    PutAside other = letter("car", 5, "s", BYTES);
    ProducerRecord<byte[], byte[]> mark =
        one.mark(
            new RecordMetadata(new TopicPartition("flight_booked", 2), 18, 0, 0, 0, 0),
            new PutAside.Operator("ann", "its reader is mended"));
    assertThat(mark.topic()).isEqualTo("hotel_dead_letters");
    assertThat(mark.partition()).isZero();
    assertThat(mark.key()).isEqualTo(one.record().key());
    assertThat(mark.value()).isEmpty();
    Map<String, String> headers = new LinkedHashMap<>();
    mark.headers().forEach(header -> headers.put(header.key(), new String(header.value(), UTF_8)));
    PutAside marked =
        new PutAside(
            "hotel",
            Found.record("hotel_dead_letters", 0, 4, 0, mark.key(), mark.value(), headers),
            null);

    assertThat(DeadLetters.of(List.of(one, other)).open()).hasSize(2);
    DeadLetters letters = DeadLetters.of(List.of(one, marked, other));
    assertThat(letters.all())
        .extracting(PutAside::name, PutAside::replayed)
        .containsExactly(
            tuple("car@5", "flight_booked 2@18"), tuple("hotel@3", "flight_booked 2@18"));
    assertThat(letters.open()).isEmpty();
    assertThat(DeadLettersCommand.line(letters.named("hotel@3")))
        .endsWith("; replayed, now flight_booked 2@18, by ann: its reader is mended");
    assertThat(DeadLettersCommand.json(letters.named("hotel@3"), null).toString())
        .contains(
            "\"replayed\":\"flight_booked 2@18\"",
            "\"replayed_by\":\"ann\"",
            "\"replayed_because\":\"its reader is mended\"");
  }

  @Test
  void a_later_record_at_the_same_coordinates_is_another() {
    PutAside replayed = letter("hotel", 0, "s", BYTES);
    ProducerRecord<byte[], byte[]> mark =
        replayed.mark(
            new RecordMetadata(new TopicPartition("flight_booked", 2), 1, 0, 0, 0, 0),
            new PutAside.Operator("ann", ""));
    Map<String, String> headers = new LinkedHashMap<>();
    mark.headers().forEach(header -> headers.put(header.key(), new String(header.value(), UTF_8)));
    PutAside marked =
        new PutAside(
            "hotel",
            Found.record("hotel_dead_letters", 0, 1, 0, mark.key(), mark.value(), headers),
            null);
    headers.put(DeadLetterHeaders.REASON, "it is no Avro");
    headers.put(DeadLetterHeaders.TIMESTAMP, "2026-11-20T20:00:00Z");
    headers.keySet().removeIf(name -> name.startsWith("dead_letter_replayed"));
    PutAside later =
        new PutAside(
            "hotel", Found.record("hotel_dead_letters", 0, 2, 0, mark.key(), BYTES, headers), null);
    DeadLetters letters = DeadLetters.of(List.of(replayed, marked, later));
    assertThat(letters.open()).extracting(PutAside::name).containsExactly("hotel@2");
    assertThat(letters.named(List.of("hotel@0", "hotel@2"))).hasSize(2);
  }

  @Test
  void what_cannot_be_read_is_shown_as_bytes() {
    PutAside letter = letter("hotel", 3, "s", BYTES);
    assertThat(DeadLettersCommand.line(letter))
        .contains("hotel@3", "flight_booked 2@17", "no Avro");
    assertThat(DeadLettersCommand.text(letter, null).lines())
        .containsExactly(
            "hotel@3",
            "reason     it is no Avro",
            "read at    flight_booked 2@17",
            "published  2026-11-20T19:31:44Z",
            "key        s",
            "header     ce_type: flight_booked",
            "value      16 bytes, hexadecimal",
            "  0000  7b 22 61 22 3a 31 7d 0a 61 6e 64 20 6d 6f 72 65  {\"a\":1}.and more");
    assertThat(DeadLettersCommand.json(letter, null).path("value_hex").asText())
        .startsWith("7b2261");
  }
}
