// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Refusal;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where Kafka and the schema registry are; common to all commands that ask them. */
final class ClusterOptions {

  static final String BOOTSTRAP = "bootstrap.servers";
  static final String REGISTRY = "schema.registry.url";

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT,...",
      description = "Kafka's addresses; or in KAFKA_BOOTSTRAP_SERVERS.")
  private @Nullable String bootstrap;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description =
          "The schema registry, with the path of its Confluent API; or in SCHEMA_REGISTRY_URL.")
  private @Nullable String registry;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "Properties of Kafka's clients, for a cluster that asks who you are; or in SAGA_CONFIG.",
        "What is said twice: the option counts, then the file, then the environment. Where nothing"
            + " is said, a running `saga up` is found."
      })
  private @Nullable Path config;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ClusterOptions() {}

  /**
   * Connects.
   *
   * @throws ParameterException if it is not said where to, or in a form that cannot be
   * @throws Refusal if nobody answers
   */
  Cluster connect() throws InterruptedException {
    return Cluster.connect(properties(System.getenv(), () -> UpState.ofThisInstallation().read()));
  }

  /** Whether it is said where to, so that no other place is meant. */
  boolean isNamed() {
    return bootstrap != null
        || registry != null
        || file(System.getenv()).isPresent()
        || System.getenv().containsKey("KAFKA_BOOTSTRAP_SERVERS");
  }

  Properties properties(Map<String, String> environment, Supplier<Optional<Properties>> up) {
    Properties found = new Properties();
    put(found, BOOTSTRAP, environment.get("KAFKA_BOOTSTRAP_SERVERS"));
    put(found, REGISTRY, environment.get("SCHEMA_REGISTRY_URL"));
    file(environment).ifPresent(file -> load(file, found));
    put(found, BOOTSTRAP, bootstrap);
    put(found, REGISTRY, registry);
    if (!found.containsKey(BOOTSTRAP) && !found.containsKey(REGISTRY)) {
      // Only as a whole: one's Kafka and another's registry do not go together.
      up.get().ifPresent(found::putAll);
      found.remove(UpState.CONSOLE_URL);
      found.remove(UpState.CONSOLE_TOKEN);
    }
    require(found, BOOTSTRAP, "--bootstrap", "[^\\s,/]+:\\d+(,[^\\s,/]+:\\d+)*", "host:port");
    require(
        found,
        REGISTRY,
        "--registry",
        "https?://[^\\s,]+(,https?://[^\\s,]+)*",
        "a URL that begins with http, or several with commas between them");
    for (String each : found.getProperty(REGISTRY).split(",", -1)) {
      requireHost(each);
    }
    return found;
  }

  private Optional<Path> file(Map<String, String> environment) {
    String named = environment.getOrDefault("SAGA_CONFIG", "");
    return config != null
        ? Optional.of(config)
        : Optional.of(named).filter(name -> !name.isBlank()).map(Path::of);
  }

  private void load(Path file, Properties into) {
    try (Reader reader = Files.newBufferedReader(file)) {
      into.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw wrong("the properties of --config cannot be read: " + e);
    }
  }

  private static void put(Properties properties, String name, @Nullable String value) {
    if (value != null && !value.isBlank()) {
      properties.setProperty(name, value.strip());
    }
  }

  private void require(
      Properties found, String name, String option, String pattern, String expected) {
    String value = found.getProperty(name);
    if (value == null) {
      throw wrong(
          "it is not said where %s is: start one with `./saga up`, or name it with %s"
              .formatted(name.equals(BOOTSTRAP) ? "Kafka" : "the schema registry", option));
    }
    if (!value.matches(pattern)) {
      throw wrong("%s is '%s', expected %s".formatted(option, value, expected));
    }
  }

  private void requireHost(String registry) {
    try {
      if (new URI(registry).getHost() == null) {
        throw wrong("--registry is '%s', which names no host".formatted(registry));
      }
    } catch (URISyntaxException e) {
      throw wrong("--registry is '%s', which is no URL: %s".formatted(registry, e.getReason()));
    }
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
