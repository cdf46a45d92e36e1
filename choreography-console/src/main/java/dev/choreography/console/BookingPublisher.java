// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.tripbooking.BookingStarted;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the bookings as any program would that knows nothing but the topic and its schema: with
 * a key and without headers, a bare start.
 */
final class BookingPublisher implements Callable<@Nullable Void> {

  private static final String TOPIC = "booking_started";

  private final Properties kafka;
  private final DemoOptions options;

  BookingPublisher(Properties kafka, DemoOptions options) {
    this.kafka = kafka;
    this.options = options;
  }

  /** Returns when Kafka has all of them. */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback hears of a failure
  @Override
  public @Nullable Void call() throws InterruptedException {
    Map<String, Object> settings = new HashMap<>();
    kafka.stringPropertyNames().forEach(name -> settings.put(name, kafka.getProperty(name)));
    AvroSerializer serializer = new AvroSerializer();
    serializer.configure(settings, false);
    AtomicReference<Exception> failure = new AtomicReference<>();
    try (KafkaProducer<String, SpecificRecord> producer =
        new KafkaProducer<>(settings, new StringSerializer(), serializer)) {
      long begin = System.nanoTime();
      for (int number = 1; number <= options.bookings(); number++) {
        long due = begin + options.rate().due(number - 1).toNanos();
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
        BookingStarted booking = Trips.booking(options.seed(), number);
        producer.send(
            new ProducerRecord<>(TOPIC, booking.getSagaId(), booking),
            (sent, e) -> {
              if (e != null) {
                failure.compareAndSet(null, e);
              }
            });
      }
      producer.flush();
    }
    Exception first = failure.get();
    if (first != null) {
      throw new IllegalStateException("not every booking could be published", first);
    }
    return null;
  }
}
