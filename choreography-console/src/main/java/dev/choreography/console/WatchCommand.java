// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.console.ConsoleClient.NoAnswerException;
import dev.choreography.console.trace.Refusal;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saga watch}. */
@Command(
    name = "watch",
    description = "Each change of a saga's status, as a console tells it, until Ctrl-C.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class WatchCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EVENT = "event: ";
  private static final String DATA = "data: ";

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Mixin private ConsoleOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  WatchCommand() {}

  @Override
  public Integer call() throws InterruptedException, JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (Stream<String> lines = options.required().changes()) {
      String event = "";
      Iterator<String> each = lines.iterator();
      while (each.hasNext()) {
        String line = each.next();
        if (line.startsWith(EVENT)) {
          event = line.substring(EVENT.length());
        } else if (line.startsWith(DATA) && event.equals("saga")) {
          JsonNode saga = JSON.readTree(line.substring(DATA.length()));
          out.println(
              json
                  ? saga
                  : "%s  %s".formatted(saga.path("changed").asText(), ListCommand.line(saga)));
          out.flush();
        }
      }
    } catch (NoAnswerException e) {
      throw new Refusal(String.valueOf(e.getMessage()));
    } catch (java.io.UncheckedIOException e) {
      // said below
    }
    throw new Refusal("the console has ended");
  }
}
