// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Utils;

/**
 * Which saga: its choreography's name and its id, neither of which has a null character.
 *
 * @param choreography its name
 * @param saga its id
 */
record SagaKey(String choreography, String saga) {

  static SagaKey of(Bytes bytes) {
    String text = new String(bytes.get(), UTF_8);
    int end = text.indexOf('\0');
    return new SagaKey(text.substring(0, end), text.substring(end + 1));
  }

  Bytes bytes() {
    return Bytes.wrap((choreography + '\0' + saga).getBytes(UTF_8));
  }

  /** As Kafka's clients choose it. */
  int partition(int partitions) {
    return Utils.toPositive(Utils.murmur2(bytes().get())) % partitions;
  }

  /** As other programs see it. */
  byte[] published() {
    return (choreography + '/' + saga).getBytes(UTF_8);
  }
}
