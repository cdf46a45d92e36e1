// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The end of partitions on the disk of a broker that does not run, as it would be after a crash of
 * a machine whose disk had not been written: whole batches are gone. A segment file is a sequence
 * of record batches, each of which begins with its base offset (8 bytes) and the length of what
 * follows (4 bytes), see Kafka's documentation, "Message Format". Beside it lie indexes and
 * snapshots of producers, which the broker makes anew.
 */
final class LogTail {

  private static final int BEFORE_LENGTH = Long.BYTES;
  private static final int HEAD = BEFORE_LENGTH + Integer.BYTES;
  private static final String SEGMENT = ".log";
  private static final List<String> DERIVED = List.of(".index", ".timeindex", ".snapshot");

  private LogTail() {}

  /**
   * Cuts the last batches off every partition of some topics.
   *
   * @param data the broker's folder
   * @param topics which
   * @param batches at most so many of each partition
   * @return how many were cut off
   */
  static int cut(Path data, Predicate<String> topics, int batches) {
    int cut = 0;
    for (Path partition : files(data)) {
      String name = String.valueOf(partition.getFileName());
      int number = name.lastIndexOf('-');
      if (Files.isDirectory(partition) && number > 0 && topics.test(name.substring(0, number))) {
        cut += cut(partition, batches);
      }
    }
    return cut;
  }

  private static int cut(Path partition, int batches) {
    List<Path> segments = ending(partition, List.of(SEGMENT));
    try {
      int cut = truncate(segments.get(segments.size() - 1), batches);
      if (cut > 0) {
        for (Path derived : ending(partition, DERIVED)) {
          Files.delete(derived);
        }
      }
      return cut;
    } catch (IOException e) {
      throw new UncheckedIOException("cutting the end of " + partition, e);
    }
  }

  private static int truncate(Path segment, int batches) throws IOException {
    try (FileChannel file =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      List<Long> starts = new ArrayList<>();
      ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
      for (long start = 0; start + HEAD <= file.size(); ) {
        if (file.read(length.clear(), start + BEFORE_LENGTH) < Integer.BYTES
            || length.getInt(0) <= 0) {
          break; // the file is longer than what is in it
        }
        starts.add(start);
        start += HEAD + length.getInt(0);
      }
      int cut = Math.min(batches, starts.size());
      if (cut > 0) {
        file.truncate(starts.get(starts.size() - cut));
      }
      return cut;
    }
  }

  private static List<Path> ending(Path folder, List<String> endings) {
    return files(folder).stream()
        .filter(file -> endings.stream().anyMatch(file.toString()::endsWith))
        .toList();
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted(Comparator.comparing(Path::toString)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
