// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Looks into the outbox every 100 ms, and again at once while it finds it full. */
final class UsualPublisher implements Callable<@Nullable Void> {

  private static final long PAUSE_MS = 100;
  private static final int ROWS = 1_000;

  private static final String TAKE =
      "SELECT id, topic, saga_id, value FROM outbox ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED";

  private static final String FORGET = "DELETE FROM outbox WHERE id = ANY (?)";

  private final KafkaProducer<byte[], byte[]> producer;
  private final DataSource database;
  private final CountDownLatch stopping = new CountDownLatch(1);

  UsualPublisher(Stage stage, DataSource database) {
    this.producer = Clients.producer(stage.bootstrapServers());
    this.database = database;
  }

  void stop() {
    stopping.countDown();
  }

  @Override
  public @Nullable Void call() throws Exception {
    try (producer) {
      long pause = PAUSE_MS;
      while (!stopping.await(pause, TimeUnit.MILLISECONDS)) {
        pause = publish() == ROWS ? 0 : PAUSE_MS;
      }
    }
    return null;
  }

  private int publish() throws Exception {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      List<Long> ids = new ArrayList<>();
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      take(connection, ids, sent);
      for (Future<RecordMetadata> record : sent) {
        record.get();
      }
      try (PreparedStatement statement = connection.prepareStatement(FORGET)) {
        statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
        statement.executeUpdate();
      }
      connection.commit();
      return ids.size();
    }
  }

  private void take(Connection connection, List<Long> ids, List<Future<RecordMetadata>> sent)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
      statement.setInt(1, ROWS);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getLong(1));
          sent.add(
              producer.send(
                  new ProducerRecord<>(
                      rows.getString(2), rows.getString(3).getBytes(UTF_8), rows.getBytes(4))));
        }
      }
    }
  }
}
