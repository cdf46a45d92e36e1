// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.local.Database;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.tripbooking.TripBooking;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * One thread of the limit: poll; one transaction for the batch, each table written by one statement
 * of arrays; publish after the commit; commit the offsets. What was published is deleted with the
 * next batch.
 */
final class Pipeline implements Callable<@Nullable Void> {

  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * Written once, when it is known what comes of it; whoever was there already is found by that.
   */
  private static final String COMPLETE =
      """
      INSERT INTO journal
             (choreography, saga_id, step, version, state, heard, deadline, result, digest)
      SELECT 'trip_booking', saga_id, ?, 1, 'COMPLETED', 1, deadline::timestamptz, result, digest
        FROM unnest(?::text[], ?::text[], ?::bytea[], ?::bytea[])
             AS done (saga_id, deadline, result, digest)
      ON CONFLICT (choreography, saga_id, step) DO NOTHING
      """;

  private static final String KNOWN =
      "SELECT saga_id FROM journal WHERE choreography = 'trip_booking' AND step = ? AND saga_id = ANY (?)";

  private static final String LOCK_COMPLETED =
      """
      SELECT result FROM journal
       WHERE choreography = 'trip_booking' AND step = ? AND saga_id = ANY (?::text[])
         AND state = 'COMPLETED'
         FOR UPDATE
      """;

  private static final String CONFIRM =
      """
      UPDATE journal SET state = 'CONFIRMED', heard = 3, result = NULL
       WHERE choreography = 'trip_booking' AND step = ? AND saga_id = ANY (?::text[])
         AND state = 'COMPLETED'
      """;

  private static final String EMIT =
      """
      INSERT INTO outbox (topic, saga_id, value, headers)
      SELECT ?, saga_id, value, headers
        FROM unnest(?::text[], ?::bytea[], ?::text[]) AS event (saga_id, value, headers)
      RETURNING id
      """;

  private static final String FORGET = "DELETE FROM outbox WHERE id = ANY (?)";

  private final Work work;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Connection connection;
  private final WireFormat format;
  private final MessageDigest sha;
  private final ConcurrentLinkedQueue<Long> published = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  Pipeline(String bootstrapServers, Map<String, byte[]> prefixes, Database database, Work work)
      throws SQLException, NoSuchAlgorithmException {
    this.work = work;
    this.connection = Stage.connect(database);
    this.connection.setAutoCommit(false);
    this.format = new WireFormat(prefixes);
    this.sha = MessageDigest.getInstance("SHA-256");
    this.producer = Clients.producer(bootstrapServers);
    this.consumer = Clients.consumer(bootstrapServers, Limit.group(work));
    this.consumer.subscribe(Limit.topics(work));
  }

  void stop() {
    stopping = true;
  }

  @Override
  public @Nullable Void call() throws Exception {
    try (connection;
        producer;
        consumer) {
      while (!stopping) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        if (!records.isEmpty()) {
          handle(records);
          consumer.commitAsync();
        }
      }
      consumer.commitSync();
    }
    return null;
  }

  private void handle(ConsumerRecords<byte[], byte[]> records) throws SQLException {
    String received = Instant.now().toString();
    Map<String, Request> requests = new LinkedHashMap<>();
    List<String> confirmed = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      SpecificRecord event = format.decode(record.topic(), record.value());
      String id = (String) event.get(0);
      if (record.topic().equals(work.input())) {
        requests.putIfAbsent(
            id, new Request(id, header(record.headers()), event, digest(record.value())));
      } else {
        confirmed.add(id);
      }
    }
    List<Emitted> emitted = execute(requests, received);
    while (!complete(emitted)) {
      // Some came once more: everything is undone, and done again without them.
      connection.rollback();
      requests.keySet().removeAll(known(requests.keySet()));
      emitted = execute(requests, received);
    }
    List<Long> ids = emit(emitted);
    if (!confirmed.isEmpty()) {
      confirm(confirmed);
    }
    forget();
    connection.commit();
    for (int i = 0; i < ids.size(); i++) {
      publish(ids.get(i), emitted.get(i));
    }
  }

  private static String header(Headers headers) {
    return new String(headers.lastHeader(EventHeaders.DEADLINE).value(), UTF_8);
  }

  private byte[] digest(byte[] value) {
    return Arrays.copyOf(sha.digest(value), 16);
  }

  private List<Emitted> execute(Map<String, Request> requests, String received)
      throws SQLException {
    if (requests.isEmpty()) {
      return List.of();
    }
    List<Request> fresh = List.copyOf(requests.values());
    String started = Instant.now().toString();
    List<SpecificRecord> events = fresh.stream().map(Request::event).toList();
    List<SpecificRecord> results = work.execute(connection, events);
    String time = Instant.now().toString();
    List<Emitted> emitted = new ArrayList<>(fresh.size());
    for (int i = 0; i < fresh.size(); i++) {
      Request request = fresh.get(i);
      emitted.add(
          new Emitted(
              request,
              format.encode(work.output(), results.get(i)),
              headers(request, received, started, time)));
    }
    return emitted;
  }

  /** Names and values in turn. */
  private String[] headers(Request request, String received, String started, String time) {
    return new String[] {
      EventHeaders.SPEC_VERSION,
      "1.0",
      EventHeaders.ID,
      EventHeaders.id(request.id, work.output()),
      EventHeaders.TYPE,
      work.output(),
      EventHeaders.SOURCE,
      work.participant(),
      EventHeaders.SUBJECT,
      request.id,
      EventHeaders.TIME,
      time,
      EventHeaders.CHOREOGRAPHY,
      TripBooking.CHOREOGRAPHY.id(),
      EventHeaders.DEADLINE,
      request.deadline,
      EventHeaders.CAUSATION,
      EventHeaders.id(request.id, work.input()),
      EventHeaders.RECEIVED,
      received,
      EventHeaders.STARTED,
      started
    };
  }

  /** Returns whether none of them was there. */
  private boolean complete(List<Emitted> emitted) throws SQLException {
    if (emitted.isEmpty()) {
      return true;
    }
    try (PreparedStatement statement = connection.prepareStatement(COMPLETE)) {
      statement.setString(1, work.step());
      statement.setArray(2, text(emitted, Emitted::id));
      statement.setArray(3, text(emitted, event -> event.request.deadline));
      statement.setArray(4, bytes(emitted, Emitted::value));
      statement.setArray(5, bytes(emitted, event -> event.request.digest));
      return statement.executeUpdate() == emitted.size();
    }
  }

  private List<String> known(Collection<String> sagas) throws SQLException {
    List<String> known = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(KNOWN)) {
      statement.setString(1, work.step());
      statement.setArray(2, text(sagas, id -> id));
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          known.add(result.getString(1));
        }
      }
    }
    return known;
  }

  private List<Long> emit(List<Emitted> emitted) throws SQLException {
    List<Long> ids = new ArrayList<>(emitted.size());
    if (emitted.isEmpty()) {
      return ids;
    }
    try (PreparedStatement statement = connection.prepareStatement(EMIT)) {
      statement.setString(1, work.output());
      statement.setArray(2, text(emitted, Emitted::id));
      statement.setArray(3, bytes(emitted, Emitted::value));
      statement.setArray(4, text(emitted, Emitted::json));
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          ids.add(result.getLong(1));
        }
      }
    }
    return ids;
  }

  private void confirm(List<String> sagas) throws SQLException {
    Array ids = text(sagas, id -> id);
    List<SpecificRecord> completed = new ArrayList<>(sagas.size());
    try (PreparedStatement statement = connection.prepareStatement(LOCK_COMPLETED)) {
      statement.setString(1, work.step());
      statement.setArray(2, ids);
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          completed.add(format.decode(work.output(), result.getBytes(1)));
        }
      }
    }
    work.confirm(connection, completed);
    try (PreparedStatement statement = connection.prepareStatement(CONFIRM)) {
      statement.setString(1, work.step());
      statement.setArray(2, ids);
      statement.executeUpdate();
    }
  }

  private void forget() throws SQLException {
    List<Long> ids = new ArrayList<>();
    for (Long id = published.poll(); id != null; id = published.poll()) {
      ids.add(id);
    }
    if (!ids.isEmpty()) {
      try (PreparedStatement statement = connection.prepareStatement(FORGET)) {
        statement.setArray(1, connection.createArrayOf("bigint", ids.toArray(Long[]::new)));
        statement.executeUpdate();
      }
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
  private void publish(long id, Emitted event) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(work.output(), event.id().getBytes(UTF_8), event.value);
    for (int i = 0; i < event.headers.length; i += 2) {
      record.headers().add(event.headers[i], event.headers[i + 1].getBytes(UTF_8));
    }
    producer.send(
        record,
        (metadata, failure) -> {
          if (failure == null) {
            published.add(id);
          }
        });
  }

  private <T> Array text(Collection<T> rows, Function<T, String> column) throws SQLException {
    return connection.createArrayOf("text", rows.stream().map(column).toArray(String[]::new));
  }

  private <T> Array bytes(Collection<T> rows, Function<T, byte[]> column) throws SQLException {
    return connection.createArrayOf("bytea", rows.stream().map(column).toArray(byte[][]::new));
  }

  private record Request(String id, String deadline, SpecificRecord event, byte[] digest) {}

  private record Emitted(Request request, byte[] value, String[] headers) {
    String id() {
      return request.id;
    }

    /** None of the names and values has a character that JSON escapes. */
    String json() {
      StringBuilder json = new StringBuilder(512).append('{');
      for (int i = 0; i < headers.length; i += 2) {
        json.append(i == 0 ? "\"" : ",\"")
            .append(headers[i])
            .append("\":\"")
            .append(headers[i + 1])
            .append('"');
      }
      return json.append('}').toString();
    }
  }
}
