// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.choreography.console.trace.TracedEvent;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator does about a step that is parked. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class OperatorsIT extends AgainstUp {

  private static final String CORRUPT =
      "UPDATE seat_reservations SET status = 'cancelled' WHERE saga_id = ?";
  private static final String REPAIR =
      "UPDATE seat_reservations SET status = 'held' WHERE saga_id = ?";
  private static final String GIVE_BACK =
      """
      UPDATE flights SET available = available + 1
      WHERE flight_id = (SELECT flight_id FROM seat_reservations WHERE saga_id = ?)
      """;
  private static final String WRONG_FLIGHTS =
      """
      SELECT count(*) FROM flights WHERE available <> capacity -
        (SELECT count(*) FROM seat_reservations AS seat
         WHERE seat.flight_id = flights.flight_id AND status <> 'cancelled')
      """;

  @Test
  void a_parked_step_parks_again_while_its_fault_stands_and_undoes_once_when_it_is_repaired()
      throws Exception {
    park("trip-p");
    assertThat(saga("parked")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .contains("trip-p", "flight of flight-service, parked 1 time(s)", "`./saga retry trip-p");
    assertThat(saga("trace", "trip-p")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .contains("parked, step: flight, times: 1, error: ", "flight-service owes flight_comp");
    theOthersOfItsPartitionGoOn("trip-p");

    assertThat(saga("retry", "trip-p", "flight", "--who", "ann")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("step flight of trip-p is to be tried again");
    refused("step 'flight' of saga trip-p is not parked", "retry", "trip-p", "flight");
    awaitParked("trip-p", 2);

    assertThat(tell(REPAIR, "trip-p")).isOne();
    assertThat(saga("retry", "trip-p", "flight", "--who", "bob", "--reason", "mended"))
        .isEqualTo(Console.OK);
    assertThat(saga("trace", "trip-p", "--follow")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .contains("retry, step: flight, times: 1, who: ann", "times: 2, who: bob, why: mended")
        .endsWith("compensated" + System.lineSeparator());
    assertThat(ask(WRONG_FLIGHTS)).isZero();
    refused("step 'flight' of saga trip-p is not parked", "retry", "trip-p", "flight");
    refused("not parked", "resolve", "trip-p", "flight", "--reason", "late");
    refused("not parked", "resolve", "trip-p", "hotel", "--reason", "no such parking");
    assertThat(parked("trip-p").isMissingNode()).isTrue();

    int events = events("trip-p");
    List<ProducerRecord<byte[], byte[]>> commands = commands("trip-p");
    assertThat(commands).hasSize(3); // cancel and two retries
    for (ProducerRecord<byte[], byte[]> command : commands) {
      awaitRead("flight-service", publish(command));
    }
    assertThat(events("trip-p")).isEqualTo(events + commands.size());
    assertThat(json("trace", "trip-p", "--json").path("status").asText()).isEqualTo("compensated");
    assertThat(ask(WRONG_FLIGHTS)).isZero();
  }

  @Test
  void a_step_resolved_by_hand_is_left_alone_and_the_trace_says_by_whom_and_why() throws Exception {
    park("trip-q");
    assertThat(tell(GIVE_BACK, "trip-q")).isOne();
    JsonNode answer =
        json("resolve", "trip-q", "flight", "--reason", "gave it back", "--who", "ann", "--json");
    assertThat(answer.path("step").asText()).isEqualTo("flight");
    assertThat(answer.path("times").asInt()).isEqualTo(1);
    assertThat(saga("trace", "trip-q", "--follow")).isEqualTo(Console.OK);
    assertThat(out.toString().lines())
        .anyMatch(
            line -> line.endsWith("resolve, step: flight, times: 1, who: ann, why: gave it back"))
        .anyMatch(line -> line.contains("flight_compensated") && line.contains(" resolved"))
        .last()
        .isEqualTo("compensated");
    assertThat(ask(WRONG_FLIGHTS)).isZero();
    refused("not parked", "resolve", "trip-q", "flight", "--reason", "again");
    refused("not parked", "retry", "trip-q", "flight");
    refused("has already been compensated", "cancel", "trip-q");
    refused("no event of a saga 'trip-r'", "retry", "trip-r", "flight");
    assertThat(parked("trip-q").isMissingNode()).isTrue();
  }

  @Test
  void a_repair_has_the_owners_publish_again_what_they_did_and_changes_nothing() throws Exception {
    long hotel = service("hotel-service");
    signal("STOP", hotel);
    try {
      assertThat(saga("start", "--id", "trip-s")).isEqualTo(Console.OK);
      waitUntil(
          () ->
              json("trace", "trip-s", "--json")
                  .at("/owed/0/participant")
                  .asText()
                  .equals("hotel-service"));
      assertThat(saga("repair", "trip-s", "no-such", "--why", "a lost disk", "--who", "ann"))
          .as("one of them is unknown")
          .isEqualTo(Console.DOES_NOT_HOLD);
      assertThat(err.toString()).contains("no event of a saga 'no-such'");
      assertThat(out.toString()).contains("the owners of trip-s are asked to publish again");
      waitUntil(() -> saga("trace", "trip-s") == 0 && out.toString().contains("repaired, copy"));
      assertThat(out.toString()).contains("repair, who: ann, why: a lost disk");
      assertThat(saga("repair", "--open", "--choreography", "trip_booking:1"))
          .isEqualTo(Console.OK);
      assertThat(out.toString())
          .containsPattern("trip-s +hotel-service owes hotel_booked")
          .containsPattern("[1-9]\\d* sagas? (is|are) open; nothing was published yet");
      assertThat(events("trip-s")).isEqualTo(5);
      assertThat(saga("repair", "--open", "--yes", "--json")).isEqualTo(Console.OK);
      assertThat(out.toString())
          .contains("{\"saga\":\"trip-s\",\"topic\":\"trip_booking_control\"");
      waitUntil(() -> events("trip-s") == 7);
    } finally {
      signal("CONT", hotel);
    }
    assertThat(saga("trace", "trip-s", "--follow")).isEqualTo(Console.OK);
    assertThat(out.toString().lines()).last().isEqualTo("completed");
    assertThat(ask(WRONG_FLIGHTS)).isZero();
    assertThat(saga("explain", "trip-s")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("ann had it repaired at ", ": a lost disk.");
    assertThat(saga("repair", "--stuck")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("No saga is stuck.");
    refused("no event of a saga 'no-such'", "repair", "no-such");
    assertThat(saga("repair", "no-such", "--choreography", "trip_booking"))
        .as("its choreography is named")
        .isEqualTo(Console.OK);
  }

  /** A seat is taken, somebody meddles with its row, and then it has to be given back. */
  private void park(String saga) throws Exception {
    long hotel = service("hotel-service");
    signal("STOP", hotel);
    try {
      assertThat(saga("start", "--id", saga)).isEqualTo(Console.OK);
      waitUntil(
          () ->
              json("trace", saga, "--json")
                  .at("/owed/0/participant")
                  .asText()
                  .equals("hotel-service"));
      assertThat(tell(CORRUPT, saga)).isOne();
      assertThat(saga("cancel", saga)).isEqualTo(Console.OK);
    } finally {
      signal("CONT", hotel);
    }
    awaitParked(saga, 1);
    assertThat(parked(saga).path("error").asText()).contains("cannot be cancelled", "as 'held'");
  }

  private void awaitParked(String saga, int times) throws Exception {
    waitUntil(() -> parked(saga).path("times").asInt() == times);
  }

  /** What the list says of a saga. */
  private JsonNode parked(String saga) throws Exception {
    assertThat(saga("parked", "--json")).isEqualTo(Console.OK);
    for (String line : out.toString().lines().toList()) {
      JsonNode parking = JSON.readTree(line);
      if (parking.path("saga").asText().equals(saga)) {
        return parking;
      }
    }
    return MissingNode.getInstance();
  }

  private void theOthersOfItsPartitionGoOn(String saga) {
    String other =
        IntStream.range(0, 1_000)
            .mapToObj(i -> "other-" + i)
            .filter(id -> partition(id) == partition(saga))
            .findFirst()
            .orElseThrow();
    assertThat(saga("start", "--id", other)).isEqualTo(Console.OK);
    assertThat(saga("trace", other, "--follow")).isEqualTo(Console.OK);
    assertThat(out.toString().lines()).last().isEqualTo("completed");
  }

  private static int partition(String saga) {
    return Utils.toPositive(Utils.murmur2(saga.getBytes(UTF_8))) % DemoOptions.PARTITIONS;
  }

  private int events(String saga) throws Exception {
    return json("trace", saga, "--json").path("events").size();
  }

  /** What operators have said to a saga, as it was published. */
  private static List<ProducerRecord<byte[], byte[]>> commands(String saga) throws Exception {
    Properties properties = new Properties();
    properties.setProperty(ClusterOptions.BOOTSTRAP, addresses().path("bootstrap").asText());
    properties.setProperty(ClusterOptions.REGISTRY, addresses().path("registry").asText());
    List<ProducerRecord<byte[], byte[]>> commands = new ArrayList<>();
    try (Cluster cluster = Cluster.connect(properties)) {
      for (TracedEvent event : Control.trace(cluster, saga).events()) {
        if (List.of("cancel", "retry").contains(event.type())) {
          commands.add(
              new ProducerRecord<>(
                  event.record().topic(),
                  event.record().partition(),
                  event.record().key(),
                  event.record().value(),
                  event.record().headers()));
        }
      }
    }
    return commands;
  }

  private static void awaitRead(String group, RecordMetadata record) throws Exception {
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    try (Admin admin =
        Admin.create(
            Map.<String, Object>of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                addresses().path("bootstrap").asText()))) {
      waitUntil(
          () -> {
            OffsetAndMetadata read =
                admin
                    .listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get()
                    .get(partition);
            return read != null && read.offset() > record.offset();
          });
    }
  }

  private static int tell(String sql, String saga) throws Exception {
    try (Connection connection = flights();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, saga);
      return statement.executeUpdate();
    }
  }

  private static long ask(String sql) throws Exception {
    try (Connection connection = flights();
        PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Connection flights() throws Exception {
    return DriverManager.getConnection(addresses().at("/databases/flight-service").asText());
  }
}
