// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL that listens on 127.0.0.1 only and asks everybody for a password. It runs as root,
 * too, where PostgreSQL itself refuses to. What it acknowledged survives every kill of a process;
 * for what a power failure costs see {@link LocalOptions#durablePostgres()}.
 */
public final class LocalPostgres extends LocalPart {
  private static final String ADMIN = "postgres";
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");
  private static final String UP = "database system is ready to accept connections";

  /**
   * Waits for the server, and ends it (SIGINT: a fast, clean stop) when asked to (SIGTERM) or when
   * standard input ends.
   */
  private static final String GUARD =
      """
      exec 3<&0
      "$@" </dev/null 3<&- &
      server=$!
      { read -r nothing <&3; kill -INT $server; } 2>/dev/null &
      reader=$!
      exec 3<&-
      trap 'kill -INT $server' TERM
      while :; do
        wait $server
        code=$?
        kill -0 $server 2>/dev/null || break
      done
      kill -KILL $reader 2>/dev/null
      exit $code
      """;

  private final int port;
  private final Path credentials;

  private LocalPostgres(Child child, DataFolder folder, int port, Path credentials) {
    super(child, folder);
    this.port = port;
    this.credentials = credentials;
  }

  /** Starts one on a free port with temporary data. */
  public static LocalPostgres start() {
    return start(LocalOptions.defaults());
  }

  /**
   * Starts one; about 0.7 s, and a second more for the first time, when it is unpacked.
   *
   * @throws IllegalStateException if it does not come up in time
   */
  public static LocalPostgres start(LocalOptions options) {
    Path program = Programs.find().postgres();
    DataFolder root = DataFolder.of(options.dataFolder());
    Path folder = root.path().resolve("postgres");
    int port = Ports.orFree(options.postgresPort());
    try {
      Files.createDirectories(folder);
      PostgresUser user = PostgresUser.ownerOf(folder);
      user.prepare(root.path(), folder, program.resolve("bin").resolve("postgres"));
      Path credentials = folder.resolve("credentials.properties");
      if (!Files.exists(folder.resolve("data"))) {
        initialise(program, folder, credentials, user, options);
      }
      List<String> command = new ArrayList<>(JavaProgram.ownSession());
      command.addAll(List.of("sh", "-c", GUARD, "sh"));
      command.addAll(user.prefix());
      command.addAll(server(program, folder, port, options.durablePostgres()));
      Child.Program child =
          new Child.Program(
              "PostgreSQL", port, command, folder.resolve("postgres.log"), UP, folder, true);
      return started(new LocalPostgres(new Child(child, options), root, port, credentials));
    } catch (IOException e) {
      root.close();
      throw new UncheckedIOException("PostgreSQL could not be prepared in " + folder, e);
    }
  }

  private static List<String> server(Path program, Path folder, int port, boolean durable) {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.resolve("bin").resolve("postgres").toString(),
                "-D",
                folder.resolve("data").toString(),
                "-p",
                Integer.toString(port)));
    // In the data folder rather than in /dev/shm, where a kill would leave it.
    List<String> settings =
        List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "dynamic_shared_memory_type=mmap",
            "synchronous_commit=on");
    settings.forEach(setting -> command.addAll(List.of("-c", setting)));
    if (!durable) {
      command.addAll(List.of("-c", "fsync=off", "-c", "full_page_writes=off"));
    }
    return command;
  }

  /** Makes the data folder, which gets its name when it is complete. */
  private static void initialise(
      Path program, Path folder, Path credentials, PostgresUser user, LocalOptions options)
      throws IOException {
    Path unfinished = folder.resolve("data.unfinished");
    new DataFolder(unfinished, true).close();
    String password = randomPassword();
    Path passwordFile = folder.resolve("password");
    Files.writeString(passwordFile, password);
    List<String> command = new ArrayList<>(user.prefix());
    command.addAll(
        List.of(
            program.resolve("bin").resolve("initdb").toString(),
            "-D",
            unfinished.toString(),
            "-U",
            ADMIN,
            "--pwfile=" + passwordFile));
    command.addAll(
        List.of(
            "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"));
    user.own(passwordFile);
    Path log = folder.resolve("initdb.log");
    Process initdb =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!initdb.waitFor(options.patience().toMillis(), TimeUnit.MILLISECONDS)
          || initdb.exitValue() != 0) {
        initdb.destroyForcibly();
        throw new IOException(String.join(" ", command) + " failed: " + Files.readString(log));
      }
    } catch (InterruptedException e) {
      initdb.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while initialising " + folder, e);
    }
    Files.delete(passwordFile);
    Files.writeString(
        unfinished.resolve("pg_hba.conf"),
        """
        host postgres,template1 postgres 127.0.0.1/32 scram-sha-256
        host postgres,template1 all      127.0.0.1/32 reject
        host all                all      127.0.0.1/32 scram-sha-256
        """);
    Properties passwords = new Properties();
    passwords.setProperty(ADMIN, password);
    store(passwords, credentials);
    Files.move(unfinished, folder.resolve("data"));
  }

  /**
   * Makes a database, and a role of the same name that owns it and that alone, with the
   * administrator, may open it. For a name that was asked for before, also before a restart on a
   * kept data folder, returns the same again.
   *
   * @param name lower-case letters, digits and underscores, up to 63, a letter first
   * @throws IllegalArgumentException for another name, or one that PostgreSQL keeps for itself
   * @throws IllegalStateException if the database does not let itself be made
   */
  public Database createDatabase(String name) {
    if (!NAME.matcher(name).matches()
        || name.equals(ADMIN)
        || name.startsWith("template")
        || name.startsWith("pg_")) {
      throw new IllegalArgumentException(
          "the database's name is \""
              + name
              + "\", expected one that matches "
              + NAME
              + " and is not PostgreSQL's own");
    }
    synchronized (credentials) {
      Properties passwords = passwords();
      String known = passwords.getProperty(name);
      if (known != null) {
        return new Database(url(name), name, known);
      }
      String password = randomPassword();
      Database admin = adminDatabase();
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(admin.jdbcUrl());
      source.setUser(admin.user());
      source.setPassword(admin.password());
      try (Connection connection = source.getConnection();
          Statement statement = connection.createStatement()) {
        // Names and password consist of letters, digits and underscores.
        statement.execute(
            String.format(Locale.ROOT, "CREATE ROLE \"%s\" LOGIN PASSWORD '%s'", name, password));
        statement.execute(
            String.format(Locale.ROOT, "CREATE DATABASE \"%1$s\" OWNER \"%1$s\"", name));
        statement.execute(
            String.format(Locale.ROOT, "REVOKE ALL ON DATABASE \"%s\" FROM PUBLIC", name));
        passwords.setProperty(name, password);
        store(passwords, credentials);
      } catch (SQLException | IOException e) {
        throw new IllegalStateException(
            "the database " + name + " could not be made in the PostgreSQL on port " + port, e);
      }
      return new Database(url(name), name, password);
    }
  }

  /** The administrator's database, which may do everything; for tests, not for services. */
  public Database adminDatabase() {
    synchronized (credentials) {
      return new Database(url(ADMIN), ADMIN, passwords().getProperty(ADMIN));
    }
  }

  private String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  private Properties passwords() {
    Properties passwords = new Properties();
    try (InputStream in = Files.newInputStream(credentials)) {
      passwords.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("could not read the passwords", e);
    }
    return passwords;
  }

  private static void store(Properties passwords, Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      passwords.store(out, null);
    }
  }

  private static String randomPassword() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
