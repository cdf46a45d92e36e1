// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.Map;

/**
 * An event to be published when the transaction that wrote it has committed.
 *
 * @param topic where to
 * @param sagaId the record key
 * @param value in wire format
 * @param headers the record's headers, see {@link dev.choreography.protocol.EventHeaders}
 */
public record OutboxEvent(String topic, String sagaId, byte[] value, Map<String, String> headers) {}
