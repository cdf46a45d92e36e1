// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.jspecify.annotations.Nullable;

/** One message, one transaction. */
final class UsualConsumer implements Callable<@Nullable Void> {

  private static final Duration POLL = Duration.ofMillis(100);

  private static final String RECEIVE =
      "INSERT INTO inbox (message_id) VALUES (?) ON CONFLICT DO NOTHING";

  private static final String EMIT = "INSERT INTO outbox (topic, saga_id, value) VALUES (?, ?, ?)";

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final DataSource database;
  private final WireFormat format;
  private volatile boolean stopping;

  UsualConsumer(Stage stage, DataSource database, String group) {
    this.consumer = Clients.consumer(stage.bootstrapServers(), group);
    this.consumer.subscribe(List.of(Trips.STARTED));
    this.database = database;
    this.format = new WireFormat(stage.prefixes());
  }

  void stop() {
    stopping = true;
  }

  @Override
  public @Nullable Void call() throws Exception {
    try (consumer) {
      while (!stopping) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        for (ConsumerRecord<byte[], byte[]> record : records) {
          handle((BookingStarted) format.decode(record.topic(), record.value()));
          if (stopping) {
            return null;
          }
        }
        consumer.commitAsync();
      }
    }
    return null;
  }

  private void handle(BookingStarted started) throws SQLException {
    String id = started.getSagaId();
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      if (receive(connection, id + "/" + Trips.STARTED)) {
        Tally.add(connection, id);
        emit(connection, id, new FlightBooked(id, started.getTrip(), id, 1));
      }
      connection.commit();
    }
  }

  private static boolean receive(Connection connection, String message) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RECEIVE)) {
      statement.setString(1, message);
      return statement.executeUpdate() == 1;
    }
  }

  private void emit(Connection connection, String id, FlightBooked booked) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(EMIT)) {
      statement.setString(1, Trips.FLIGHT);
      statement.setString(2, id);
      statement.setBytes(3, format.encode(Trips.FLIGHT, booked));
      statement.executeUpdate();
    }
  }
}
