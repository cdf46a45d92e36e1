// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.PayloadJson;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saga dead-letters}. */
@Command(
    name = "dead-letters",
    description =
        "The records that participants could not read as events, and why. Those that were replayed"
            + " are left out unless asked for.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class DeadLettersCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--show",
      paramLabel = "N",
      description = "One of them whole: flight-service@3, or 3 where no other has that number.")
  private @Nullable String show;

  @Option(names = "--all", description = "Those that were replayed, too.")
  private boolean all;

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DeadLettersCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Cluster cluster = options.connect()) {
      DeadLetters letters = DeadLetters.read(cluster);
      if (show != null) {
        PutAside letter = letters.named(show);
        GenericRecord event = cluster.event(letter.record());
        out.println(json ? json(letter, event) : text(letter, event));
      } else {
        List<PutAside> listed = all ? letters.all() : letters.open();
        for (PutAside letter : listed) {
          out.println(json ? json(letter, cluster.event(letter.record())) : line(letter));
        }
        if (!json) {
          out.println(end(listed.size(), letters.all().size() - listed.size()));
        }
      }
      return Console.OK;
    }
  }

  private static String end(int listed, int leftOut) {
    String others =
        leftOut == 0
            ? ""
            : " Replayed and not listed: %s, `--all` lists them too.".formatted(leftOut);
    return (listed == 0
            ? "There are no dead letters."
            : "`./saga dead-letters --show N` shows one whole, `./saga replay N` publishes it again.")
        + others;
  }

  static String line(PutAside letter) {
    return "%-20s %-28s %-20s %s%s"
        .formatted(
            letter.name(),
            letter.origin(),
            letter.key(),
            letter.reason(),
            letter.replay() == null ? "" : "; replayed, now " + letter.replay());
  }

  /** Whole; the value as what it says, or as bytes. */
  static String text(PutAside letter, @Nullable GenericRecord event) {
    List<String> lines = new ArrayList<>();
    lines.add(letter.name());
    lines.add("reason     " + letter.reason());
    lines.add("read at    " + letter.origin());
    if (letter.replay() != null) {
      lines.add("replayed   " + letter.replay());
    }
    lines.add("published  " + letter.timestamp());
    lines.add("key        " + (letter.record().key() == null ? "none" : letter.key()));
    for (Header header : letter.record().headers()) {
      if (!PutAside.isAdded(header)) {
        lines.add("header     %s: %s".formatted(header.key(), value(header)));
      }
    }
    byte[] value = letter.record().value();
    if (value == null) {
      lines.add("value      none");
    } else if (event != null) {
      lines.add(
          "value      %s %s".formatted(event.getSchema().getFullName(), PayloadJson.of(event)));
    } else {
      lines.add("value      %s bytes, hexadecimal".formatted(value.length));
      lines.add(Hex.dump(value));
    }
    return String.join(System.lineSeparator(), lines);
  }

  private static String value(Header header) {
    return header.value() == null ? "" : new String(header.value(), UTF_8);
  }

  static ObjectNode json(PutAside letter, @Nullable GenericRecord event) {
    ObjectNode all = line(JSON.createObjectNode(), letter);
    ObjectNode headers = all.putObject("headers");
    for (Header header : letter.record().headers()) {
      if (!PutAside.isAdded(header)) {
        headers.put(header.key(), value(header));
      }
    }
    byte[] value = letter.record().value();
    return all.put("event", event == null ? null : PayloadJson.of(event).toString())
        .put("value_hex", value == null ? null : HexFormat.of().formatHex(value));
  }

  /** What is said of each. */
  static ObjectNode line(ObjectNode line, PutAside letter) {
    return line.put("name", letter.name())
        .put("participant", letter.participant())
        .put("reason", letter.reason())
        .put("read_at", letter.origin())
        .put("topic", letter.topic())
        .put("replayed", letter.replayed())
        .put("replayed_by", letter.replay() == null ? null : letter.replay().operator().who())
        .put("replayed_because", letter.replay() == null ? null : letter.replay().operator().why())
        .put("published", letter.timestamp())
        .put("key", letter.record().key() == null ? null : letter.key());
  }
}
