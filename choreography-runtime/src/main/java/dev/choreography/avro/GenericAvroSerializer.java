// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.util.Map;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes any Avro record in the registry's wire format, for tools that have no class for it; {@code
 * schema.registry.url} says where the registry answers. Safe for use by several threads.
 */
public final class GenericAvroSerializer implements Serializer<GenericRecord> {

  private @Nullable SchemaRegistry registry;

  @Override
  public void configure(Map<String, ?> configuration, boolean isKey) {
    registry = SchemaRegistry.configured(configuration);
  }

  /**
   * Writes one event; its schema is registered if it is not.
   *
   * @throws SerializationException if it does not fit its schema, or the registry refuses or is
   *     away; see its cause
   */
  @Override
  public byte @Nullable [] serialize(String topic, @Nullable GenericRecord event) {
    return event == null
        ? null
        : AvroSerializer.write(registry, topic, event, GenericDatumWriter::new);
  }
}
