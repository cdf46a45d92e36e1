// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.Locale;

/**
 * Why a record that can be read has no effect here, not even on what a step has heard. A duplicate
 * is none of these: it is heard once more, which changes nothing.
 */
public enum Ignored {
  /** It belongs to a choreography that is not hosted here and shares the topic. */
  OTHER_CHOREOGRAPHY,

  /** It belongs to a version older than any hosted. */
  OLDER_VERSION,

  /** No step that is hosted here listens to it, or the command names another step. */
  OTHER_STEP,

  /** A bare start that another participant adopts. */
  OTHER_ADOPTER,

  /** It tells operators that a step was parked. */
  PARKING,

  /** A command for a step that is not parked, or was parked another time. */
  NOT_PARKED,

  /** It came after its saga was forgotten, protocol rule 9. */
  FORGOTTEN;

  /** The name in metrics and in health. */
  public String tag() {
    return name().toLowerCase(Locale.ROOT);
  }
}
