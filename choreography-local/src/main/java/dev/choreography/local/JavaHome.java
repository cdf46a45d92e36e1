// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An installed Java.
 *
 * @param version its feature version: 17, 21, 25
 */
record JavaHome(Path home, int version) {
  static final String VARIABLE = "CHOREOGRAPHY_REGISTRY_JAVA";
  private static final int NEEDED_BY_NEWER_REGISTRY = 21;

  static JavaHome running() {
    return new JavaHome(Path.of(System.getProperty("java.home")), Runtime.version().feature());
  }

  /**
   * The Java for the registry: the home that {@code CHOREOGRAPHY_REGISTRY_JAVA} names, else the
   * first of at least 21 among {@code JAVA_HOME}, the running one, and what is installed beside it
   * or in {@code /usr/lib/jvm}, else the running one.
   */
  static JavaHome forRegistry(Map<String, String> environment) {
    String named = environment.get(VARIABLE);
    if (named != null && !named.isEmpty()) {
      return at(Path.of(named))
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      VARIABLE
                          + " is "
                          + named
                          + ", expected the home of a Java (with bin/java and a file `release`)"));
    }
    List<Path> homes = new ArrayList<>();
    String javaHome = environment.get("JAVA_HOME");
    if (javaHome != null && !javaHome.isEmpty()) {
      homes.add(Path.of(javaHome));
    }
    homes.add(running().home());
    homes.addAll(in(running().home().getParent()));
    homes.addAll(in(Path.of("/usr/lib/jvm")));
    return homes.stream()
        .flatMap(home -> at(home).stream())
        .filter(java -> java.version() >= NEEDED_BY_NEWER_REGISTRY)
        .findFirst()
        .orElseGet(JavaHome::running);
  }

  Path executable() {
    return home.resolve("bin").resolve("java");
  }

  private static List<Path> in(@Nullable Path folder) {
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> homes = Files.list(folder)) {
      return homes.sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static Optional<JavaHome> at(Path home) {
    if (!Files.isExecutable(home.resolve("bin").resolve("java"))) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(home.resolve("release"))) {
      return lines
          .filter(line -> line.startsWith("JAVA_VERSION="))
          .map(line -> line.substring("JAVA_VERSION=".length()).replace("\"", ""))
          .map(version -> new JavaHome(home, Runtime.Version.parse(version).feature()))
          .findFirst();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty(); // Not a Java that can be judged.
    }
  }
}
