// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A temporary folder for everything that {@code saga demo} and {@code saga up} write. One that a
 * killed program left behind is deleted by the next one.
 */
final class DemoFolder {

  private static final int ATTEMPTS = 5;
  private static final String LOCK = "lock";

  private final Path root;
  private final Path logs;

  /** Of a file in it: the system gives it up when the process ends, however it does. */
  private final FileChannel lock;

  private DemoFolder(Path root, FileChannel lock) {
    this.root = root;
    this.logs = root.resolve("services");
    this.lock = lock;
  }

  /** A new one; those beside it that nobody holds any more are gone. */
  static DemoFolder create(Path parent, String prefix) throws IOException {
    Path root = Files.createTempDirectory(parent, prefix);
    Path unlocked = root.resolve("lock-to-be");
    FileChannel lock = FileChannel.open(unlocked, CREATE_NEW, WRITE);
    lock.lock();
    Files.move(unlocked, root.resolve(LOCK)); // nobody sees it before it is held
    DemoFolder folder = new DemoFolder(root, lock);
    Files.createDirectory(folder.logs);
    try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, "saga-*")) {
      for (Path other : others) {
        if (!other.equals(root)) {
          folder.deleteIfLeftBehind(other);
        }
      }
    }
    return folder;
  }

  private void deleteIfLeftBehind(Path other) {
    try {
      if (Files.isSymbolicLink(other) || !Files.getOwner(other).equals(Files.getOwner(root))) {
        return;
      }
      try (FileChannel itsLock = FileChannel.open(other.resolve(LOCK), WRITE)) {
        if (itsLock.tryLock() != null) {
          new DemoFolder(other, itsLock).delete();
        }
      }
    } catch (IOException e) {
      // It has no lock: it was kept for its logs, or comes or goes just now. Or it stays.
    }
  }

  /** Where data goes. */
  Path data() {
    return root;
  }

  /** Where the services' logs go. */
  Path logs() {
    return logs;
  }

  /** Whether a service has been started. */
  boolean hasLogs() throws IOException {
    try (Stream<Path> files = Files.list(logs)) {
      return files.findAny().isPresent();
    }
  }

  /** Where the class is that guards the services. */
  Path guard() {
    return root.resolve("guard");
  }

  /** Deletes all but the services' logs. */
  void deleteAllButLogs() throws IOException {
    delete(path -> !path.equals(root) && !path.startsWith(logs));
    lock.close();
  }

  /** Deletes all of it. */
  void delete() throws IOException {
    delete(path -> true);
    lock.close();
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
