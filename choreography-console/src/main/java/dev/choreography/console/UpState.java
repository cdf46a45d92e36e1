// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;

/**
 * The file in which a running {@code saga up} tells the other commands where things are; {@code
 * target/saga-up.properties} in the project's folder, unless the system property {@code saga.state}
 * names another. One that was left behind by a killed program is found and not believed.
 */
record UpState(Path file) {

  /** Where its console answers; not for Kafka's clients. */
  static final String CONSOLE_URL = "saga.console.url";

  /** What lets read there. */
  static final String CONSOLE_TOKEN = "saga.console.token";

  private static final String PID = "pid";
  private static final String BEGUN = "begun";

  static UpState ofThisInstallation() {
    String named = System.getProperty("saga.state");
    return new UpState(
        named == null
            ? Installation.running().project().resolve("target").resolve("saga-up.properties")
            : Path.of(named));
  }

  /** The client properties of what this process runs; it says so as long as the process lives. */
  void write(Properties addresses) throws IOException {
    ProcessHandle self = ProcessHandle.current();
    Properties all = new Properties();
    addresses.stringPropertyNames().forEach(k -> all.setProperty(k, addresses.getProperty(k)));
    all.setProperty(PID, Long.toString(self.pid()));
    all.setProperty(BEGUN, begun(self));
    Files.createDirectories(file.toAbsolutePath().getParent());
    ownersAlone();
    try (OutputStream out = Files.newOutputStream(file)) {
      all.store(out, "written by saga up, which deletes it at its end");
    }
  }

  /** It has a token. */
  private void ownersAlone() throws IOException {
    Files.deleteIfExists(file);
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (UnsupportedOperationException e) {
      // Written all the same.
    }
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
  }

  /** The client properties, or nothing if no {@code saga up} is running. */
  Optional<Properties> read() {
    Properties all = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      all.load(in);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      throw new Refusal("%s cannot be read, delete it: %s".formatted(file, e));
    }
    Object pid = all.remove(PID);
    Object begun = all.remove(BEGUN);
    boolean lives =
        pid != null
            && pid.toString().matches("\\d{1,18}")
            && ProcessHandle.of(Long.parseLong(pid.toString()))
                .filter(ProcessHandle::isAlive)
                .filter(process -> begun(process).equals(begun))
                .isPresent();
    return lives ? Optional.of(all) : Optional.empty();
  }

  /** Tells a process from a later one with the same number. */
  private static String begun(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("");
  }
}
