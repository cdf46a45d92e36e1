// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A temporary folder for everything that {@code saga demo} and {@code saga up} write. */
final class DemoFolder {

  private static final int ATTEMPTS = 5;

  private final Path root;
  private final Path logs;

  DemoFolder(String prefix) throws IOException {
    root = Files.createTempDirectory(prefix);
    logs = Files.createDirectory(root.resolve("services"));
  }

  /** Where data goes. */
  Path data() {
    return root;
  }

  /** Where the services' logs go. */
  Path logs() {
    return logs;
  }

  /** Where the class is that guards the services. */
  Path guard() {
    return root.resolve("guard");
  }

  /** Deletes all but the services' logs. */
  void deleteAllButLogs() throws IOException {
    delete(path -> !path.equals(root) && !path.startsWith(logs));
  }

  /** Deletes all of it. */
  void delete() throws IOException {
    delete(path -> true);
  }

  /** More than once, since who is just ending may still write or delete something itself. */
  private void delete(Predicate<Path> isToGo) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try (Stream<Path> all = Files.walk(root)) {
        List<Path> deepestFirst = all.filter(isToGo).sorted(Comparator.reverseOrder()).toList();
        for (Path path : deepestFirst) {
          Files.deleteIfExists(path);
        }
        return;
      } catch (IOException | UncheckedIOException e) {
        if (attempt == ATTEMPTS) {
          throw new IOException("could not delete " + root, e);
        }
      }
    }
  }
}
