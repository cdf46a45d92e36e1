// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.EventType;
import dev.choreography.avro.EventClasses;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.tripbooking.TripBooking;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TripsTest {

  private final WireFormat format = new WireFormat(prefixes((byte) 7));

  @BeforeAll
  static void trust() {
    EventClasses.trust(TripBooking.CHOREOGRAPHY.events().stream().map(EventType::type).toList());
  }

  private static Map<String, byte[]> prefixes(byte id) {
    Map<String, byte[]> prefixes = new HashMap<>();
    for (SpecificRecord event : Trips.forward("x")) {
      prefixes.put(EventType.of(event.getClass()).topic(), new byte[] {0, 0, 0, 0, id});
    }
    return prefixes;
  }

  @Test
  void the_hand_written_format_reads_what_it_wrote() {
    for (SpecificRecord event : Trips.forward("trip-00000001")) {
      String topic = EventType.of(event.getClass()).topic();
      assertThat(format.decode(topic, format.encode(topic, event))).isEqualTo(event);
    }
  }

  @Test
  void a_value_of_another_schema_is_refused() {
    byte[] value = new WireFormat(prefixes((byte) 8)).encode(Trips.STARTED, Trips.booking(1));

    assertThatThrownBy(() -> format.decode(Trips.STARTED, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Trips.STARTED);
  }

  @Test
  void a_start_has_all_that_an_adopted_one_has() {
    ProducerRecord<byte[], byte[]> start = Trips.start(42, format);

    assertThat(new String(start.key(), UTF_8)).isEqualTo("trip-00000042");
    assertThat(Trips.number("trip-00000042")).isEqualTo(42);
    assertThat(start.headers())
        .extracting(Header::key)
        .contains(EventHeaders.CHOREOGRAPHY, EventHeaders.DEADLINE, EventHeaders.ID);
  }
}
