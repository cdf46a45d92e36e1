// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;

/**
 * A schema registry with Confluent's REST API (Apicurio's): 3.3.3 where a Java of at least 21 is
 * found, else 2.6.13. Its compatibility level is BACKWARD, as Confluent's is. What it acknowledged
 * survives a kill.
 */
public final class LocalRegistry extends LocalPart {
  private final int port;
  private final LocalOptions options;

  private LocalRegistry(Child child, DataFolder folder, int port, LocalOptions options) {
    super(child, folder);
    this.port = port;
    this.options = options;
  }

  /** Starts one on a free port with temporary data. */
  public static LocalRegistry start() {
    return start(LocalOptions.defaults());
  }

  /**
   * Starts one; about 4 s, and 2 s more for the first time, when it is unpacked. The environment
   * variable {@code CHOREOGRAPHY_REGISTRY_JAVA} names the home of the Java that it runs on.
   *
   * @throws IllegalStateException if it does not come up in time
   */
  public static LocalRegistry start(LocalOptions options) {
    return start(options, JavaHome.forRegistry(System.getenv()));
  }

  static LocalRegistry start(LocalOptions options, JavaHome java) {
    Path program = Programs.find().registryFor(java);
    DataFolder root = DataFolder.of(options.dataFolder());
    Path folder = root.path().resolve("registry");
    int port = Ports.orFree(options.registryPort());
    try {
      Path temporary = Files.createDirectories(folder.resolve("tmp"));
      // In the folder's name, since one version does not read the other's.
      String url =
          "jdbc:h2:file:"
              + folder.resolve(String.valueOf(program.getFileName())).resolve("registry")
              + ";WRITE_DELAY=0";
      boolean isNewer = Files.exists(program.resolve("quarkus-run.jar"));
      Path jar = isNewer ? program.resolve("quarkus-run.jar") : runner(program);
      List<String> command =
          new JavaProgram(
                  java,
                  jvmOptions(temporary, port, isNewer ? newer(url) : older(url)),
                  jar.toString(),
                  mainClass(jar),
                  List.of())
              .command(folder.resolve("classes"));
      Child.Program child =
          new Child.Program(
              "Schema registry",
              port,
              command,
              folder.resolve("registry.log"),
              "Listening on: http",
              folder,
              false);
      return started(new LocalRegistry(new Child(child, options), root, port, options));
    } catch (IOException e) {
      root.close();
      throw new UncheckedIOException("The schema registry could not be prepared in " + folder, e);
    }
  }

  private static Path runner(Path program) throws IOException {
    try (var files = Files.newDirectoryStream(program, "*-runner.jar")) {
      return files.iterator().next();
    }
  }

  private static String mainClass(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.getManifest().getMainAttributes().getValue(Attributes.Name.MAIN_CLASS);
    }
  }

  private static List<String> jvmOptions(Path temporary, int port, Map<String, String> settings) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "-Xmx320m",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary));
    options.add("-Dquarkus.http.host=127.0.0.1");
    options.add("-Dquarkus.http.port=" + port);
    settings.forEach((name, value) -> options.add("-D" + name + "=" + value));
    return options;
  }

  private static Map<String, String> newer(String url) {
    return Map.of(
        "quarkus.management.host",
        "127.0.0.1",
        "quarkus.management.port",
        Integer.toString(Ports.orFree(0)),
        "apicurio.datasource.url",
        url,
        "apicurio.datasource.jdbc.initial-size",
        "1",
        "apicurio.datasource.jdbc.min-size",
        "1");
  }

  private static Map<String, String> older(String url) {
    return Map.of(
        "quarkus.datasource.jdbc.url",
        url,
        "quarkus.datasource.jdbc.initial-size",
        "1",
        "quarkus.datasource.jdbc.min-size",
        "1",
        "registry.ccompat.use-canonical-hash",
        "true");
  }

  /** For {@code schema.registry.url}: {@code http://127.0.0.1:<port>/apis/ccompat/v7}. */
  public String url() {
    return "http://127.0.0.1:" + port + "/apis/ccompat/v7";
  }

  @Override
  void comeUp() {
    super.comeUp();
    HttpRequest level =
        HttpRequest.newBuilder(URI.create(url() + "/config"))
            .timeout(options.patience())
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .PUT(HttpRequest.BodyPublishers.ofString("{\"compatibility\":\"BACKWARD\"}"))
            .build();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(level, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(
            "The schema registry on port "
                + port
                + " refused the compatibility level BACKWARD: "
                + answer.statusCode()
                + " "
                + answer.body());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "The schema registry on port " + port + " did not take the compatibility level BACKWARD",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while setting the compatibility level of the schema registry on port "
              + port,
          e);
    }
  }
}
