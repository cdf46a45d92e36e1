// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Declaration;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.RecordMetadata;
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
    description = {
      "Publishes the start event of a choreography, and prints the saga's id. Of a trip booking,"
          + " what is not said is that of an example.",
      "Any choreography that is declared will do: what its start event says, the registry knows."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class StartCommand implements Callable<Integer> {

  @Option(names = "--id", paramLabel = "ID", description = "The saga's id; a new one unless said.")
  private @Nullable String id;

  @Option(
      names = "--choreography",
      paramLabel = "NAME",
      defaultValue = "trip_booking",
      description = "Which one; ${DEFAULT-VALUE} unless said.")
  private String choreography;

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
    boolean isBooking = choreography.equals(TripBooking.CHOREOGRAPHY.name());
    BookingStarted booking = isBooking ? checked(() -> Booking.of(id, text())) : null;
    try (Cluster cluster = options.connect()) {
      if (booking != null) {
        RecordMetadata where = Booking.publish(cluster, booking);
        tell(booking.getSagaId(), where, BookingJson.of(booking), TripWords.of(booking));
      } else {
        List<Declaration> declared = cluster.declarations();
        Start start =
            checked(() -> Start.of(cluster, declared, choreography, id, Start.data(text())));
        ObjectNode said =
            new ObjectMapper()
                .createObjectNode()
                .put("saga_id", start.saga())
                .put("choreography", choreography);
        tell(start.saga(), start.publish(cluster), said, "a saga of " + choreography);
      }
      return Console.OK;
    }
  }

  private void tell(String saga, RecordMetadata where, ObjectNode all, String words) {
    spec.commandLine()
        .getOut()
        .println(
            json
                ? all.put("topic", where.topic())
                    .put("partition", where.partition())
                    .put("offset", where.offset())
                : "%s is started, %s %s@%d: %s%n`./saga trace %s` shows what becomes of it."
                    .formatted(
                        saga,
                        where.topic(),
                        where.partition(),
                        where.offset(),
                        words,
                        Console.quoted(saga)));
  }

  private interface Checked<T> {
    T get() throws IOException;
  }

  private <T> T checked(Checked<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
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

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
