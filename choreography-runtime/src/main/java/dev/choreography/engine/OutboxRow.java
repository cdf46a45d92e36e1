// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * A committed, perhaps not yet published event.
 *
 * @param id the row's
 * @param event what to publish
 */
public record OutboxRow(long id, OutboxEvent event) {}
