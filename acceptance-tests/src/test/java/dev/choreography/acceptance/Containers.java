// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import dev.choreography.local.Database;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * An environment in containers: the images of {@code .env}, and the databases of the compose file.
 */
final class Containers implements Environment {

  private static final Path HOME = Path.of(System.getProperty("acceptance.jars", ".."));
  private static final int REGISTRY_PORT = 8080;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Properties dotEnv = dotEnv();
  private final KafkaContainer kafka =
      new KafkaContainer(image("KAFKA_IMAGE")).withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
  private final PostgreSQLContainer postgres =
      new PostgreSQLContainer(image("POSTGRES_IMAGE"))
          .withCopyFileToContainer(
              MountableFile.forHostPath(HOME.resolve("docker/postgres-roles.sh")),
              "/docker-entrypoint-initdb.d/postgres-roles.sh");
  private final GenericContainer<?> registry =
      new GenericContainer<>(image("REGISTRY_IMAGE"))
          .withEnv("APICURIO_RULES_GLOBAL_COMPATIBILITY", "BACKWARD")
          .withExposedPorts(REGISTRY_PORT)
          .waitingFor(Wait.forHttp("/apis/ccompat/v7/subjects").forPort(REGISTRY_PORT));

  private Containers() {}

  /** Starts them, all at once. */
  static Containers start() {
    Containers containers = new Containers();
    for (String name : List.of("FLIGHT", "HOTEL", "CAR", "REGISTRY")) {
      containers.postgres.withEnv(name + "_PASSWORD", containers.password(name));
    }
    try {
      List<GenericContainer<?>> all = containers.all();
      all.forEach(container -> container.withStartupTimeout(PATIENCE));
      Startables.deepStart(all).join();
      return containers;
    } catch (RuntimeException e) {
      containers.close();
      throw e;
    }
  }

  @Override
  public String bootstrapServers() {
    return kafka.getBootstrapServers();
  }

  @Override
  public String registryUrl() {
    return "http://%s:%d/apis/ccompat/v7"
        .formatted(registry.getHost(), registry.getMappedPort(REGISTRY_PORT));
  }

  /** One of those that the script made which the compose file runs, too. */
  @Override
  public Database createDatabase(String name) {
    String url =
        "jdbc:postgresql://%s:%d/%s"
            .formatted(
                postgres.getHost(),
                postgres.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
                name);
    return new Database(url, name, password(name.toUpperCase(Locale.ROOT)));
  }

  @Override
  public void close() {
    all().forEach(GenericContainer::stop);
  }

  private List<GenericContainer<?>> all() {
    return List.of(kafka, postgres, registry);
  }

  private DockerImageName image(String key) {
    return DockerImageName.parse(dotEnv.getProperty(key));
  }

  private String password(String name) {
    return dotEnv.getProperty(name + "_PASSWORD");
  }

  private static Properties dotEnv() {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(HOME.resolve(".env"))) {
      properties.load(reader);
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
