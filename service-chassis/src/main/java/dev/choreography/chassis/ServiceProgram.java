// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.RetryPolicy;
import dev.choreography.StepOptions;
import dev.choreography.chassis.HttpEndpoint.Status;
import dev.choreography.chassis.Settings.InvalidSettingsException;
import dev.choreography.participant.Participant;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A service as a program. It is configured by environment variables alone ({@code --help} lists
 * them), answers {@code GET /health} and {@code GET /metrics}, and stops cleanly at SIGTERM.
 *
 * <p>Exit codes: 2 for wrong settings or arguments, 1 if the start was refused or something it
 * needs did not answer in time, 143 after SIGTERM.
 */
public final class ServiceProgram {

  private static final int OK = 0;
  private static final int NOT_STARTED = 1;
  private static final int WRONG_USE = 2;

  private final Settings settings;
  private final DataSource database;
  private final MeterRegistry meters;
  private final @Nullable OpenTelemetry traces;

  private ServiceProgram(
      Settings settings,
      DataSource database,
      MeterRegistry meters,
      @Nullable OpenTelemetry traces) {
    this.settings = settings;
    this.database = database;
    this.meters = meters;
    this.traces = traces;
  }

  /** Puts a service together. */
  @FunctionalInterface
  public interface Start {
    /**
     * Called once, on the main thread, when the service's tables are in place.
     *
     * @return the started participant; the program closes it at its end
     */
    Participant start(ServiceProgram program);
  }

  /** Runs the service. Returns when it is up, and ends the process if it cannot be. */
  public static void run(String name, String[] args, Start start) {
    // The same digits in addresses, names and log lines everywhere.
    Locale.setDefault(Locale.ROOT);
    int code = run(name, List.of(args), System.getenv(), start, System.out, System.err);
    if (code != OK) {
      System.exit(code);
    }
  }

  static int run(
      String name,
      List<String> args,
      Map<String, String> environment,
      Start start,
      PrintStream out,
      PrintStream err) {
    if (args.equals(List.of("--help"))) {
      out.printf("%s takes its settings from environment variables:%n%n", name);
      out.print(Setting.table());
      return OK;
    }
    if (!args.isEmpty()) {
      err.printf(
          "%s takes no arguments, found %s: set environment variables, which --help lists.%n",
          name, String.join(" ", args));
      return WRONG_USE;
    }
    Settings settings;
    try {
      settings = Settings.from(environment);
    } catch (InvalidSettingsException e) {
      e.problems().forEach(problem -> err.printf("%s: %s.%n", name, problem));
      return WRONG_USE;
    }
    // Logback reads it when the first logger is asked for, which is below.
    System.setProperty(Setting.LOG_FORMAT.name(), settings.text(Setting.LOG_FORMAT));
    return start(name, settings, start, err);
  }

  private static int start(String name, Settings settings, Start start, PrintStream err) {
    Lifecycle lifecycle = new Lifecycle();
    Runtime.getRuntime().addShutdownHook(new Thread(lifecycle::close, "shutdown"));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new JvmMemoryMetrics().bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    try {
      HttpEndpoint http =
          lifecycle.keep(
              HttpEndpoint.listen(
                  settings.count(Setting.HTTP_PORT), lifecycle::health, meters::scrape));
      String collector = settings.text(Setting.OTEL_EXPORTER_OTLP_ENDPOINT);
      OpenTelemetry traces =
          collector.isEmpty() ? null : lifecycle.keep(TraceExport.to(collector, name)).telemetry();
      HikariDataSource database = lifecycle.keep(ServiceDatabase.pool(name, settings));
      ServiceDatabase.await(database, patience(settings));
      ServiceDatabase.migrate(database, settings.count(Setting.INVENTORY_SIZE));
      Participant participant =
          lifecycle.keep(start.start(new ServiceProgram(settings, database, meters, traces)));
      lifecycle.started(() -> status(participant.health()));
      LoggerFactory.getLogger(ServiceProgram.class)
          .info("{} is up, http_port={}", name, http.port());
      return OK;
    } catch (IOException | RuntimeException e) {
      if (!lifecycle.isClosing()) {
        err.printf("%s: %s%n", name, reason(e));
        LoggerFactory.getLogger(ServiceProgram.class).debug("not started", e);
      }
      lifecycle.close();
      return NOT_STARTED;
    }
  }

  private static Status status(Participant.Health health) {
    return new Status(
        health.up(),
        health.up()
            ? "%s steps in %s batches".formatted(health.steps(), health.batches())
            : health.trouble(),
        health.warnings(),
        health.counts());
  }

  /** The message, and those of its causes that say more. */
  private static String reason(Throwable failure) {
    StringBuilder reason = new StringBuilder();
    for (Throwable e = failure; e != null; e = e.getCause()) {
      String message = e.getMessage() == null ? e.getClass().getName() : e.getMessage().strip();
      if (reason.indexOf(message) < 0) {
        reason.append(reason.isEmpty() ? "" : "; ").append(message);
      }
    }
    return reason.toString();
  }

  /** Connections to the service's own database. */
  public DataSource database() {
    return database;
  }

  /** The identity of the database that this one replaces; null unless an operator said one. */
  public @Nullable UUID replacedDatabase() {
    String identity = settings.text(Setting.REPLACES_DATABASE);
    return identity.isEmpty() ? null : UUID.fromString(identity);
  }

  /** Where what the service does is measured; {@code GET /metrics} tells it. */
  public MeterRegistry meters() {
    return meters;
  }

  /** Where what the service does is traced; null, and nothing of it loaded, unless asked for. */
  public @Nullable OpenTelemetry traces() {
    return traces;
  }

  /** How long the start may wait for what does not answer. */
  public Duration patience() {
    return patience(settings);
  }

  private static Duration patience(Settings settings) {
    return Duration.ofSeconds(settings.count(Setting.START_PATIENCE));
  }

  /**
   * Where Kafka and the schema registry are, and how to speak with them: what {@code
   * kafka.properties} on the class path says, then the file that the settings name, then the
   * settings.
   */
  public Properties kafka() {
    Properties properties = new Properties();
    load(properties, ServiceProgram.class.getResourceAsStream("/kafka.properties"));
    String file = settings.text(Setting.KAFKA_CONFIG_FILE);
    if (!file.isEmpty()) {
      try {
        load(properties, Files.newInputStream(Path.of(file)));
      } catch (IOException e) {
        throw new UncheckedIOException("KAFKA_CONFIG_FILE %s cannot be read".formatted(file), e);
      }
    }
    properties.setProperty("bootstrap.servers", settings.text(Setting.KAFKA_BOOTSTRAP_SERVERS));
    properties.setProperty("schema.registry.url", settings.text(Setting.SCHEMA_REGISTRY_URL));
    return properties;
  }

  private static void load(Properties properties, @Nullable InputStream from) {
    if (from != null) {
      try (from) {
        properties.load(from);
      } catch (IOException e) {
        throw new UncheckedIOException("Kafka's properties cannot be read", e);
      }
    }
  }

  /** The failures that were asked for; none unless they were. */
  public SimulatedFailures failures(String step) {
    return new SimulatedFailures(
        settings.number(Setting.FAILURE_SEED),
        step,
        settings.rate(Setting.FAILURE_RATE),
        settings.rate(Setting.TECHNICAL_ERROR_RATE),
        settings.rate(Setting.COMPENSATION_ERROR_RATE));
  }

  /** How the service's step is to be run: as usual, but for the tries that were asked for. */
  public StepOptions options() {
    return StepOptions.defaults()
        .withExecution(
            RetryPolicy.defaults().withAttempts(settings.count(Setting.EXECUTION_ATTEMPTS)));
  }
}
