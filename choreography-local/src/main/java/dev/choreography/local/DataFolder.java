// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** A folder that is either given and kept, or temporary and deleted at close. */
record DataFolder(Path path, boolean isTemporary) implements AutoCloseable {

  /** The given one, made if need be; without one, a temporary one. */
  static DataFolder of(@Nullable Path given) {
    try {
      return given == null
          ? temporary(Path.of(System.getProperty("java.io.tmpdir")), "choreography-local-")
          : new DataFolder(Files.createDirectories(given).toAbsolutePath(), false);
    } catch (IOException e) {
      throw new UncheckedIOException("no data folder", e);
    }
  }

  static DataFolder temporary(Path parent, String prefix) throws IOException {
    return new DataFolder(
        Files.createTempDirectory(parent.toAbsolutePath().normalize(), prefix), true);
  }

  @Override
  public void close() {
    if (!isTemporary) {
      return;
    }
    try {
      if (Files.exists(path)) {
        Files.walkFileTree(path, new Deletion());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not delete " + path, e);
    }
  }

  /** Bears with files that go away meanwhile. */
  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
        throws IOException {
      if (e != null) {
        throw e;
      }
      Files.deleteIfExists(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
