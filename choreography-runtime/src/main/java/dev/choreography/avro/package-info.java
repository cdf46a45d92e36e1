// SPDX-License-Identifier: Apache-2.0
/**
 * Avro in Confluent's wire format (0x00, four bytes of schema id, binary) behind Kafka's {@code
 * Serializer} and {@code Deserializer}, over a schema registry that speaks Confluent's REST API.
 * Nothing else knows that these classes do it; others can be put in their place by configuration.
 */
@NullMarked
package dev.choreography.avro;

import org.jspecify.annotations.NullMarked;
