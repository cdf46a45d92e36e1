// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Hands the parcel to a carrier. It is the last step, so it never has to undo: when it says no, the
 * others do.
 */
final class CreateShipment implements StepHandler<InventoryUpdated, ShipmentCreated> {

  static final String TABLES =
      """
      CREATE TABLE carriers (country text PRIMARY KEY, carrier text NOT NULL);
      CREATE TABLE shipments (
        order_id text PRIMARY KEY,
        carrier text NOT NULL,
        country text NOT NULL REFERENCES carriers
      );
      """;

  private static final String SHIP =
      """
      INSERT INTO shipments (order_id, carrier, country)
      SELECT ?, carrier, country FROM carriers WHERE country = ?
      """;

  @Override
  public Outcome execute(InventoryUpdated order, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(SHIP)) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, order.getCountry());
      return statement.executeUpdate() == 1
          ? Outcome.completed(new ShipmentCreated(saga.sagaId()))
          : Outcome.rejected(
              new ShipmentFailed(saga.sagaId(), "nobody delivers to " + order.getCountry()));
    }
  }
}
