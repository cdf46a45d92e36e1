// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.Collection;
import java.util.List;

/**
 * The result of a batch of records.
 *
 * @param deadLetters to be put aside before their records count as read
 * @param unread records that were given back, since the batch took too long: they and what follows
 *     them in their partitions are to be read again
 * @param advanced the positions that were written
 */
public record Handled(
    List<DeadLetter> deadLetters, List<Incoming> unread, Collection<Position> advanced) {}
