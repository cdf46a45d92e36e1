// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * A committed, perhaps not yet published event.
 *
 * @param id the identity of the row
 * @param event what to publish
 */
public record OutboxRow(OutboxId id, OutboxEvent event) {}
