// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.console.trace.Refusal;
import dev.choreography.engine.SagaId;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.TripBooking;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** A booking that somebody asks for. */
final class Booking {

  private static final String TOPIC = TripBooking.CHOREOGRAPHY.start().topic();
  private static final int RANDOM_BYTES = 5;

  private Booking() {}

  /**
   * An example with what was said in its place.
   *
   * @param id the saga's; that of the data, or a new one, if null
   * @param data JSON
   * @throws IllegalArgumentException naming what cannot be used, and what was expected
   */
  static BookingStarted of(@Nullable String id, @Nullable String data) {
    BookingStarted example = Trips.booking(0, 1);
    BookingStarted booking = data == null ? example : over(example, data);
    boolean named = !booking.getSagaId().equals(example.getSagaId());
    if (id != null && named && !id.equals(booking.getSagaId())) {
      throw new IllegalArgumentException(
          "--id is '%s', and saga_id in the data '%s': say one of the two"
              .formatted(id, booking.getSagaId()));
    }
    String saga = id != null ? id : named ? booking.getSagaId() : newId();
    String problem = SagaId.problem(saga);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    return new BookingStarted(saga, booking.getTrip());
  }

  private static BookingStarted over(BookingStarted example, String data) {
    try {
      return BookingJson.over(example, data);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the data cannot be used: " + e.getMessage(), e);
    }
  }

  private static String newId() {
    byte[] random = new byte[RANDOM_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return "trip-" + HexFormat.of().formatHex(random);
  }

  /** As any program would that knows nothing but the topic and its schema: without headers. */
  static RecordMetadata publish(Cluster cluster, BookingStarted booking)
      throws InterruptedException {
    if (cluster.partitions(List.of(TOPIC)).isEmpty()) {
      throw new Refusal(
          "topic %s does not exist: create it with `./saga topics --create`".formatted(TOPIC));
    }
    Map<String, Object> settings = cluster.properties();
    AvroSerializer serializer = new AvroSerializer();
    serializer.configure(settings, false);
    try (KafkaProducer<String, SpecificRecord> producer =
        new KafkaProducer<>(settings, new StringSerializer(), serializer)) {
      return producer.send(new ProducerRecord<>(TOPIC, booking.getSagaId(), booking)).get();
    } catch (ExecutionException | KafkaException e) {
      throw new Refusal(
          "saga %s was not started: %s".formatted(booking.getSagaId(), Console.sentence(e)));
    }
  }
}
