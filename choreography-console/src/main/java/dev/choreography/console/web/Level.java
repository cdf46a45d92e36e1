// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import java.util.Locale;

/** What somebody may do; each includes those before it. */
public enum Level {
  /** What everybody may. */
  NONE,
  /** Read. */
  READ,
  /** Act. */
  ACT;

  /** Whether this is enough where another is needed. */
  public boolean includes(Level needed) {
    return compareTo(needed) >= 0;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
