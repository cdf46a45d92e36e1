// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import dev.choreography.local.LocalPostgres;
import java.util.ArrayList;
import java.util.List;

/** Databases for participants whose handlers are real in a simulation. */
public final class LocalDatabases implements AutoCloseable {

  private final LocalPostgres postgres = LocalPostgres.start();
  private final List<ParticipantDatabase> databases = new ArrayList<>();

  /** One more, with these tables in it. */
  public ParticipantDatabase with(String tables) {
    ParticipantDatabase database =
        new ParticipantDatabase(postgres.createDatabase("participant_" + databases.size()), tables);
    databases.add(database);
    return database;
  }

  @Override
  public void close() {
    databases.forEach(ParticipantDatabase::close);
    postgres.close();
  }
}
