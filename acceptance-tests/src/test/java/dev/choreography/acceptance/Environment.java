// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import dev.choreography.local.Database;

/** Kafka, a schema registry and PostgreSQL for a {@link TripSystem}, wherever they run. */
interface Environment extends AutoCloseable {

  /** For {@code bootstrap.servers}. */
  String bootstrapServers();

  /** For {@code schema.registry.url}. */
  String registryUrl();

  /** A database with an owner of its own; asked for once by each name. */
  Database createDatabase(String name);

  /** Stops all of it; nothing is left. */
  @Override
  void close();
}
