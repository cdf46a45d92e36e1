// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import org.jspecify.annotations.Nullable;

/**
 * The database has a lower position than this instance has seen in it: it was restored, or another
 * server took over that lacks the last transactions. Nothing was written; the records are to be
 * read again from where the database says.
 */
public final class SetBackException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The database has this position instead of the one that is to be written. */
  public SetBackException(Position wanted, @Nullable Position stored) {
    super(
        "the position %s of %s-%s was to be written, the database had %s before and has %s now: it was set back to an older state"
            .formatted(
                wanted.next(),
                wanted.topic(),
                wanted.partition(),
                wanted.known(),
                stored == null ? "none" : stored.next() + " of topic id " + stored.topicId()));
  }
}
