// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * A record that cannot be read as an event of its choreography.
 *
 * @param record as it came
 * @param reason what was found, and what was expected
 */
public record DeadLetter(Incoming record, String reason) {}
