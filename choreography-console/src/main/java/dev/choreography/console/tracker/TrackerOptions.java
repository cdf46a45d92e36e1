// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.nio.file.Path;
import java.time.Duration;
import org.apache.kafka.streams.state.HostInfo;

/**
 * How sagas are tracked.
 *
 * @param group the application's id: instances with the same share the sagas, and it begins the
 *     names of the topics that hold their state
 * @param state the folder of this instance's stores, and of no other's
 * @param address where the other instances reach this one
 * @param token what they are to show each other
 * @param retention how long a saga is kept after it has ended
 * @param look how often is looked for sagas that are past their deadline or retention
 */
public record TrackerOptions(
    String group, Path state, HostInfo address, String token, Duration retention, Duration look) {

  /** The application's id unless said. */
  public static final String GROUP = "choreography-console";

  /** How long an ended saga is kept unless said. */
  public static final Duration RETENTION = Duration.ofDays(7);

  /** How many partitions the sagas are in; never changes, or they would be looked for elsewhere. */
  static final int PARTITIONS = 4;

  public TrackerOptions {
    if (retention.isNegative() || retention.isZero()) {
      throw new IllegalArgumentException(
          "the retention is %s, it has to be some time".formatted(retention));
    }
  }
}
