// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.engine.EventCodec.UnreadableException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** The predecessors' events that a step runs on: from the journal, and as they arrive. */
final class Inputs {

  private final Step step;
  private final EventCodec codec;
  private final Map<String, byte[]> values;
  private final Map<String, SpecificRecord> decoded = new HashMap<>();

  Inputs(Step step, Map<String, byte[]> journaled, EventCodec codec) {
    this.step = step;
    this.codec = codec;
    this.values = new HashMap<>(journaled);
  }

  /** Keeps an event if the step follows it. */
  void add(Delivery delivery) {
    String topic = delivery.record().topic();
    if (step.after().stream().anyMatch(event -> event.topic().equals(topic))) {
      values.put(topic, delivery.value());
      decoded.put(topic, delivery.event());
    }
  }

  /** In wire format by topic, as the journal keeps them. */
  Map<String, byte[]> values() {
    return values;
  }

  /** All that the step follows, in the order of its declaration. */
  List<SpecificRecord> events() throws UnreadableException {
    List<SpecificRecord> events = new ArrayList<>();
    for (EventType event : step.after()) {
      SpecificRecord known = decoded.get(event.topic());
      events.add(known == null ? read(event) : known);
    }
    return events;
  }

  private SpecificRecord read(EventType event) throws UnreadableException {
    byte[] value = values.get(event.topic());
    if (value == null) {
      throw new IllegalStateException("the journal has no %s to run on".formatted(event));
    }
    return codec.decode(event.topic(), value);
  }
}
