// SPDX-License-Identifier: Apache-2.0
package dev.choreography.versions;

import java.util.List;

/**
 * How declarations differ from recorded ones, a sentence for each difference.
 *
 * @param breaking what sagas under way, or participants that are not upgraded yet, would suffer
 *     from
 * @param harmless all else
 */
public record Comparison(List<String> breaking, List<String> harmless) {

  /** Neither list can be changed. */
  public Comparison {
    breaking = List.copyOf(breaking);
    harmless = List.copyOf(harmless);
  }
}
