// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.util.List;

/** One way to do the work that is measured. */
interface Side {

  /** {@code ours}, {@code limit}, {@code usual}, or one of these and in which form. */
  String name();

  /** The consumer group it works in. */
  String group();

  /** The topics it hears, of those that have records. */
  List<String> topics();

  /** A query for how many steps its database has on record. */
  String recorded();

  /**
   * Starts it; it works until it is closed, which finishes what is under way.
   *
   * @param database empty
   */
  Running start(Stage stage, Database database) throws Exception;

  /** A side at work. */
  interface Running extends AutoCloseable {

    /**
     * Nothing, as long as it works.
     *
     * @throws IllegalStateException if it has ended by an error
     */
    void requireRunning();

    /** Waits for what is under way. */
    @Override
    void close();
  }
}
