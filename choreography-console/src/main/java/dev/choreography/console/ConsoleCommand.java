// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.sun.net.httpserver.HttpServer;
import dev.choreography.console.trace.Mask;
import dev.choreography.console.tracker.TrackerOptions;
import dev.choreography.console.web.Access;
import dev.choreography.console.web.Web;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.apache.kafka.streams.state.HostInfo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code saga console}. */
@Command(
    name = "console",
    description = {
      "Follows every saga of the cluster and shows them on a page and over HTTP, until Ctrl-C.",
      "Whoever asks needs a token: one to read, another to act. What is not given is made up, and"
          + " printed. Give tokens in the environment, where others of this machine do not see them."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class ConsoleCommand implements Callable<Integer> {

  private static final Duration LOOK = Duration.ofSeconds(5);

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "${env:SAGA_CONSOLE_PORT:-8090}",
      description =
          "Where it listens, 0 for a free one; or in SAGA_CONSOLE_PORT; 8090 unless said.")
  private int port;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "${env:SAGA_CONSOLE_BIND:-127.0.0.1}",
      description =
          "The address it listens on, 0.0.0.0 for all; or in SAGA_CONSOLE_BIND; 127.0.0.1 unless"
              + " said, which nobody else reaches. It speaks no TLS: put it behind something that"
              + " does.")
  private String bind;

  @Option(
      names = "--advertise",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:SAGA_CONSOLE_ADVERTISE:-}",
      description = {
        "Where other consoles of the same cluster reach this one, with whom it shares the sagas; or"
            + " in SAGA_CONSOLE_ADVERTISE; where it listens unless said.",
        "All of them need the same token to read."
      })
  private String advertise;

  @Option(
      names = "--read-token",
      paramLabel = "TOKEN",
      defaultValue = "${env:SAGA_READ_TOKEN:-}",
      description = "The token to read; or in SAGA_READ_TOKEN.")
  private String readToken;

  @Option(
      names = "--act-token",
      paramLabel = "TOKEN",
      defaultValue = "${env:SAGA_ACT_TOKEN:-}",
      description = "The token to act; or in SAGA_ACT_TOKEN.")
  private String actToken;

  @Option(
      names = "--retention",
      paramLabel = "TIME",
      defaultValue = "${env:SAGA_RETENTION:-7d}",
      converter = Time.class,
      description =
          "How long an ended saga is kept, such as 12h or 7d; or in SAGA_RETENTION; 7d unless said.")
  private Duration retention;

  @Option(
      names = "--mask",
      paramLabel = "NAME,...",
      defaultValue = "${env:SAGA_MASK:-}",
      description =
          "Fields and headers of which nobody sees the value; key also hides the keys of dead"
              + " letters; or in SAGA_MASK.")
  private String mask;

  @Option(
      names = "--state",
      paramLabel = "FOLDER",
      defaultValue = "${env:SAGA_CONSOLE_STATE:-}",
      description =
          "Where its state is kept, which it otherwise reads again from Kafka at each start; or in"
              + " SAGA_CONSOLE_STATE.")
  private String state;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ConsoleCommand() {}

  @Override
  public Integer call() throws Exception {
    String toRead = readToken.isBlank() ? Access.random() : readToken.strip();
    String toAct = actToken.isBlank() ? Access.random() : actToken.strip();
    Access access;
    Mask masked;
    try {
      access = new Access(toRead, toAct, InstantSource.system());
      masked = Mask.of(mask);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    return Interruption.guard(interruption -> run(interruption, access, masked, toRead, toAct))
        ? Console.OK
        : Console.DOES_NOT_HOLD;
  }

  private boolean run(
      Interruption interruption, Access access, Mask masked, String toRead, String toAct)
      throws Exception {
    OpenParts open = new OpenParts();
    PrintWriter err = spec.commandLine().getErr();
    try {
      Cluster cluster = open.keep(options.connect());
      HttpServer bound = Web.bind(bind, port);
      int listens = bound.getAddress().getPort();
      TrackerOptions tracking =
          new TrackerOptions(
              TrackerOptions.GROUP, folder(open), address(listens), toRead, retention, LOOK);
      open.keep(
          ConsoleServer.start(cluster, bound, tracking, access, masked, InstantSource.system()));
      tell(listens, toRead, toAct);
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      if (!interruption.wasInterrupted()) {
        throw e;
      }
    } finally {
      interruption.closing();
      open.close(err::println);
    }
    return true;
  }

  private void tell(int listens, String toRead, String toAct) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "The console is at http://%s:%s/%n", bind.equals("0.0.0.0") ? "127.0.0.1" : bind, listens);
    if (readToken.isBlank()) {
      out.printf("token to read  %s%n", toRead);
    }
    if (actToken.isBlank()) {
      out.printf("token to act   %s%n", toAct);
    }
    out.printf("Ctrl-C stops it. (http_port=%s)%n", listens);
    out.flush();
  }

  private Path folder(OpenParts open) throws IOException {
    if (!state.isBlank()) {
      return Files.createDirectories(Path.of(state));
    }
    Path folder = Files.createTempDirectory("saga-console-");
    AutoCloseable deleted = () -> delete(folder);
    open.keep(deleted);
    return folder;
  }

  private static void delete(Path folder) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(folder)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.deleteIfExists(path);
    }
  }

  private HostInfo address(int listens) throws IOException {
    if (advertise.isBlank()) {
      String host =
          InetAddress.getByName(bind).isAnyLocalAddress()
              ? InetAddress.getLocalHost().getHostName()
              : bind;
      return new HostInfo(host, listens);
    }
    @Nullable HostInfo said = null;
    try {
      said = HostInfo.buildFromEndpoint(advertise);
    } catch (RuntimeException e) {
      // said below
    }
    if (said == null) {
      throw new ParameterException(
          spec.commandLine(), "--advertise is '%s', expected host:port".formatted(advertise));
    }
    return said;
  }

  /** {@code 30s}, {@code 5m}, {@code 12h} or {@code 7d}. */
  static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      if (!text.matches("[1-9]\\d{0,6}[smhd]")) {
        throw new TypeConversionException(
            "'%s' was given, expected a time such as 12h or 7d".formatted(text));
      }
      long number = Long.parseLong(text.substring(0, text.length() - 1));
      return switch (text.charAt(text.length() - 1)) {
        case 's' -> Duration.ofSeconds(number);
        case 'm' -> Duration.ofMinutes(number);
        case 'h' -> Duration.ofHours(number);
        default -> Duration.ofDays(number);
      };
    }
  }
}
