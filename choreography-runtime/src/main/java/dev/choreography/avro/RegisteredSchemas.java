// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;

/** The schemas of topics' values as a registry has them; for tools that know no class. */
public final class RegisteredSchemas {

  private final SchemaRegistry registry;

  private RegisteredSchemas(SchemaRegistry registry) {
    this.registry = registry;
  }

  /** Those of the registry at {@code schema.registry.url}. */
  public static RegisteredSchemas configured(Map<String, ?> configuration) {
    return new RegisteredSchemas(SchemaRegistry.configured(configuration));
  }

  /**
   * The schema that was registered last for a topic's values; empty if none was.
   *
   * @throws SerializationException if the registry does not answer
   */
  public Optional<Schema> newest(String topic) {
    return registry.newest(topic);
  }
}
