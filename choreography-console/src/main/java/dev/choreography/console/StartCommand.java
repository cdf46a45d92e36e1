// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.engine.SagaId;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code saga start}. */
@Command(
    name = "start",
    description =
        "Publishes a booking_started, and prints the saga's id. What is not said is that of an"
            + " example.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class StartCommand implements Callable<Integer> {

  private static final String TOPIC = TripBooking.CHOREOGRAPHY.start().topic();
  private static final int RANDOM_BYTES = 5;

  @Option(names = "--id", paramLabel = "ID", description = "The saga's id; a new one unless said.")
  private @Nullable String id;

  @ArgGroup private @Nullable Data data;

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StartCommand() {}

  /** One of the two. */
  static final class Data {
    @Option(
        names = "--data",
        paramLabel = "JSON",
        description = "Such as {\"trip\": {\"flight_id\": \"LH-200\"}}.")
    private @Nullable String text;

    @Option(names = "--file", paramLabel = "FILE", description = "The same in a file.")
    private @Nullable Path file;
  }

  @Override
  public Integer call() throws InterruptedException {
    BookingStarted booking = booking();
    PrintWriter out = spec.commandLine().getOut();
    try (Cluster cluster = options.connect()) {
      if (cluster.partitions(List.of(TOPIC)).isEmpty()) {
        throw new Refusal(
            "topic %s does not exist: create it with `./saga topics --create`".formatted(TOPIC));
      }
      RecordMetadata where = publish(cluster, booking);
      String saga = booking.getSagaId();
      out.println(
          json
              ? BookingJson.of(booking)
                  .put("topic", where.topic())
                  .put("partition", where.partition())
                  .put("offset", where.offset())
              : "%s is started, %s %d@%d: %s%n`./saga trace %s` shows what becomes of it."
                  .formatted(
                      saga,
                      where.topic(),
                      where.partition(),
                      where.offset(),
                      TripWords.of(booking),
                      Console.quoted(saga)));
      return Console.OK;
    }
  }

  private BookingStarted booking() {
    BookingStarted example = Trips.booking(0, 1);
    try {
      String text = text();
      BookingStarted booking = text == null ? example : BookingJson.over(example, text);
      boolean named = !booking.getSagaId().equals(example.getSagaId());
      if (id != null && named && !id.equals(booking.getSagaId())) {
        throw wrong(
            "--id is '%s', and saga_id in the data '%s': say one of the two"
                .formatted(id, booking.getSagaId()));
      }
      String saga = id != null ? id : named ? booking.getSagaId() : newId();
      String problem = SagaId.problem(saga);
      if (problem != null) {
        throw wrong(problem);
      }
      return new BookingStarted(saga, booking.getTrip());
    } catch (IllegalArgumentException e) {
      throw wrong("the data cannot be used: " + e.getMessage());
    } catch (IOException e) {
      throw wrong("--file cannot be read: " + e);
    }
  }

  private @Nullable String text() throws IOException {
    if (data == null) {
      return null;
    }
    return data.file != null ? Files.readString(data.file) : data.text;
  }

  private static String newId() {
    byte[] random = new byte[RANDOM_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return "trip-" + HexFormat.of().formatHex(random);
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  /** As any program would that knows nothing but the topic and its schema: without headers. */
  private static RecordMetadata publish(Cluster cluster, BookingStarted booking)
      throws InterruptedException {
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
