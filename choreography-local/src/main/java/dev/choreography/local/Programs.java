// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tukaani.xz.XZInputStream;

/**
 * The folder into which this module's build put the programs: {@code kafka-<version>/*.jar}, {@code
 * registry-<version>.tar.gz}, {@code postgres-<version>.jar}. The last two are unpacked beside
 * their archive when they are first used.
 */
final class Programs {
  static final String VARIABLE = "CHOREOGRAPHY_LOCAL_PROGRAMS";

  /** Folders from the root of a build to a jar: {@code group/module/target/lib}, and the root. */
  private static final int DEEPEST_JAR = 5;

  private final Path folder;
  private final Properties versions;

  private Programs(Path folder, Properties versions) {
    this.folder = folder;
    this.versions = versions;
  }

  /**
   * The folder that {@code CHOREOGRAPHY_LOCAL_PROGRAMS} names (system property, then environment);
   * else the one beside the classes or the jar that this class is in; else, for a jar that another
   * module of the same build has made or copied, the one in this module's folder.
   *
   * @throws IllegalStateException naming what was looked for, and what to do
   */
  static Programs find() {
    Properties versions = new Properties();
    try (InputStream in = resource("programs.properties")) {
      versions.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String kafka = "kafka-" + versions.getProperty("kafka");
    List<Path> candidates = candidates();
    for (Path candidate : candidates) {
      if (Files.isDirectory(candidate.resolve(kafka))) {
        return new Programs(candidate, versions);
      }
    }
    throw new IllegalStateException(
        "The local programs were not found: no folder "
            + kafka
            + " in any of "
            + candidates
            + ". Build them with `mvn -pl choreography-local"
            + " process-resources`, or name their folder in the environment variable or system property "
            + VARIABLE);
  }

  private static List<Path> candidates() {
    String given = System.getProperty(VARIABLE, System.getenv().getOrDefault(VARIABLE, ""));
    if (!given.isEmpty()) {
      return List.of(Path.of(given).toAbsolutePath());
    }
    Path origin;
    try {
      origin =
          Path.of(Programs.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toAbsolutePath();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    List<Path> candidates = new ArrayList<>();
    candidates.add(origin.resolveSibling("local-programs"));
    Path folder = origin.getParent();
    for (int up = 0; up < DEEPEST_JAR && folder != null; up++) {
      candidates.add(
          folder.resolve("choreography-local").resolve("target").resolve("local-programs"));
      folder = folder.getParent();
    }
    return candidates;
  }

  /** A resource beside this class. */
  static InputStream resource(String name) throws IOException {
    InputStream in = Programs.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException(
          "the class path has no " + name + " beside " + Programs.class.getName());
    }
    return in;
  }

  /** A class path of the broker's jars. */
  String kafkaClassPath() {
    return folder.resolve("kafka-" + versions.getProperty("kafka")) + File.separator + "*";
  }

  /** The unpacked registry that can run on that Java. */
  Path registryFor(JavaHome java) {
    String version = versions.getProperty(java.version() >= 21 ? "registry" : "registry.java17");
    Path archive = folder.resolve("registry-" + version + ".tar.gz");
    if (!Files.exists(archive) && !Files.isDirectory(unpackedFolder(archive, ".tar.gz"))) {
      throw new IllegalStateException(
          "Apicurio Registry "
              + version
              + " for Java "
              + java.version()
              + " ("
              + java.home()
              + ") was not found: no "
              + archive
              + ". Name a Java of at least 21 in "
              + JavaHome.VARIABLE
              + ", or build choreography-local with Java 17");
    }
    return unpacked(
        archive,
        ".tar.gz",
        target -> run(target, Files.newInputStream(archive), "tar", "-xzf", "-"));
  }

  /** The unpacked PostgreSQL, with {@code bin/postgres} and {@code bin/initdb}. */
  Path postgres() {
    Path archive = folder.resolve("postgres-" + versions.getProperty("postgres") + ".jar");
    String platform = versions.getProperty("postgres.platform");
    if (!platform.startsWith(os())) {
      throw new IllegalStateException(
          "The build brought PostgreSQL for "
              + platform
              + ", which does not run on "
              + System.getProperty("os.name")
              + ": only Linux and macOS are supported,"
              + " each with what was built on it");
    }
    return unpacked(archive, ".jar", target -> unpackBinaries(archive, target));
  }

  private static String os() {
    String name = System.getProperty("os.name");
    return name.startsWith("Mac") ? "darwin" : name.startsWith("Linux") ? "linux" : name;
  }

  private static void unpackBinaries(Path archive, Path target) throws IOException {
    try (ZipFile jar = new ZipFile(archive.toFile())) {
      ZipEntry binaries =
          jar.stream()
              .filter(entry -> entry.getName().endsWith(".txz"))
              .map(ZipEntry.class::cast)
              .findFirst()
              .orElseThrow(() -> new IOException("no .txz in " + archive));
      run(target, new XZInputStream(jar.getInputStream(binaries)), "tar", "-xf", "-");
    }
  }

  /** Feeds the bytes to a command that runs in that folder. */
  private static void run(Path folder, InputStream bytes, String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("unpack.log").toFile())
            .start();
    try (bytes;
        OutputStream input = process.getOutputStream()) {
      bytes.transferTo(input);
    } catch (IOException e) {
      // A broken pipe: the exit code and its words say why.
    }
    int exit;
    try {
      exit = process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while unpacking in " + folder, e);
    }
    String said = Files.readString(folder.resolve("unpack.log"));
    if (exit != 0) {
      throw new IOException(
          String.join(" ", command) + " in " + folder + " ended with " + exit + ": " + said);
    }
  }

  private interface Unpacking {
    void into(Path folder) throws IOException;
  }

  private static Path unpackedFolder(Path archive, String suffix) {
    String name = String.valueOf(archive.getFileName());
    return archive.resolveSibling(name.substring(0, name.length() - suffix.length()));
  }

  /**
   * Unpacks into a folder of this process' own that then takes its final name at once, so that
   * others see all of it or nothing.
   */
  private static Path unpacked(Path archive, String suffix, Unpacking unpacking) {
    Path target = unpackedFolder(archive, suffix);
    if (Files.isDirectory(target)) {
      return target;
    }
    try (DataFolder own = DataFolder.temporary(archive.resolveSibling("."), "unpacking-")) {
      unpacking.into(own.path());
      Files.setPosixFilePermissions(own.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
      try {
        Files.move(own.path(), target, StandardCopyOption.ATOMIC_MOVE);
      } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
        // Another process was faster, with the same content.
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException("could not unpack " + archive + " into " + target, e);
    }
  }
}
