// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.io.IOException;

/**
 * A schema registry that does not let the caller in: status 401 or 403. It says nothing of what was
 * asked for, so whoever asks waits as for a registry that is away; but waiting alone may not help.
 */
public final class RegistryAccessException extends IOException {

  private static final long serialVersionUID = 1L;

  RegistryAccessException(String message) {
    super(message);
  }
}
