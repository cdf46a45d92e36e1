// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import org.apache.kafka.common.errors.SerializationException;

/**
 * A schema registry's no to what it was asked about: a schema that is incompatible, a mode that
 * takes no schema, an id or a subject that it does not know. Its cause is never an {@link
 * java.io.IOException}, which would say that the registry is away.
 */
public final class RegistryRefusalException extends SerializationException {

  private static final long serialVersionUID = 1L;

  private static final int NOT_FOUND = 404;

  private final int status;

  RegistryRefusalException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** Returns whether the registry does not know what it was asked about. */
  boolean isUnknown() {
    return status == NOT_FOUND;
  }
}
