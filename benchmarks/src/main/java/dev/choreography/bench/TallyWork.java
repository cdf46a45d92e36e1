// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * The trivial business in the place of the flight step.
 *
 * @param batch whether one statement does it for all requests, rather than one for each
 */
record TallyWork(boolean batch) implements Work {

  @Override
  public String step() {
    return "flight";
  }

  @Override
  public String participant() {
    return "flight-service";
  }

  @Override
  public String input() {
    return Trips.STARTED;
  }

  @Override
  public String output() {
    return Trips.FLIGHT;
  }

  @Override
  public @Nullable String confirmedBy() {
    return null;
  }

  @Override
  public List<SpecificRecord> execute(Connection connection, List<SpecificRecord> requests)
      throws SQLException {
    List<SpecificRecord> completed = new ArrayList<>(requests.size());
    List<String> ids = new ArrayList<>(requests.size());
    for (SpecificRecord request : requests) {
      BookingStarted started = (BookingStarted) request;
      String id = started.getSagaId();
      ids.add(id);
      if (!batch) {
        Tally.add(connection, id);
      }
      completed.add(new FlightBooked(id, started.getTrip(), id, 1));
    }
    if (batch) {
      Tally.addAll(connection, ids);
    }
    return completed;
  }

  @Override
  public void confirm(Connection connection, List<SpecificRecord> completed) {
    throw new IllegalStateException("no event that confirms it is read");
  }
}
