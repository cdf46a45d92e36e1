// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.jspecify.annotations.Nullable;

/**
 * The generated classes that records may be read into. Avro asks a validator of the whole process
 * before it makes a class that a schema names; this one allows the events of the choreographies in
 * use and what they consist of, beside what Avro allows anyway.
 */
public final class EventClasses {

  private static final Map<String, Class<?>> EVENTS = new ConcurrentHashMap<>();
  private static final Set<String> TRUSTED = ConcurrentHashMap.newKeySet();

  static {
    ClassSecurityValidator.ClassSecurityPredicate others = ClassSecurityValidator.getGlobal();
    ClassSecurityValidator.setGlobal(
        ClassSecurityValidator.composite(others, type -> TRUSTED.contains(type.getName())));
  }

  private EventClasses() {}

  /** Allows these events and the types of their fields, for the rest of the process. */
  public static void trust(Collection<? extends Class<? extends SpecificRecord>> events) {
    for (Class<? extends SpecificRecord> event : events) {
      Schema schema = SpecificData.get().getSchema(event);
      trust(schema);
      EVENTS.put(schema.getFullName(), event);
    }
  }

  static @Nullable Class<?> named(String schemaName) {
    return EVENTS.get(schemaName);
  }

  private static void trust(Schema schema) {
    switch (schema.getType()) {
      case RECORD -> {
        // Once is enough, also for a type that contains itself.
        if (TRUSTED.add(SpecificData.getClassName(schema))) {
          schema.getFields().forEach(field -> trust(field.schema()));
        }
      }
      case ENUM, FIXED -> TRUSTED.add(SpecificData.getClassName(schema));
      case ARRAY -> trust(schema.getElementType());
      case MAP -> trust(schema.getValueType());
      case UNION -> schema.getTypes().forEach(EventClasses::trust);
      default -> {
        // the others are no classes of their own
      }
    }
  }
}
