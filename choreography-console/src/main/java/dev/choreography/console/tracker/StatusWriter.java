// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.console.status.SagaStatus;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** A summary as others are told of it. */
final class StatusWriter implements Serializer<@Nullable Tracked> {

  private final AvroSerializer serializer = new AvroSerializer();

  StatusWriter(Map<String, Object> properties) {
    serializer.configure(properties, false);
  }

  @Override
  public byte @Nullable [] serialize(String topic, @Nullable Tracked saga) {
    return saga == null ? null : serializer.serialize(topic, status(saga));
  }

  static SagaStatus status(Tracked saga) {
    long changed = saga.status().equals(Tracked.STUCK) ? saga.stuckAt() : saga.changed();
    return SagaStatus.newBuilder()
        .setSagaId(saga.saga())
        .setChoreography(saga.choreography())
        .setVersion(saga.versionIfAny())
        .setStatus(saga.status())
        .setParked(saga.parked())
        .setStarted(Instant.ofEpochMilli(saga.started()))
        .setDeadline(Instant.ofEpochMilli(saga.deadline()))
        .setChanged(Instant.ofEpochMilli(changed))
        .build();
  }

  @Override
  public void close() {
    serializer.close();
  }
}
