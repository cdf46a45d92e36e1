// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Kafka, a schema registry and PostgreSQL, running as child processes on 127.0.0.1. They end when
 * this JVM does, also when this JVM is killed; a temporary data folder is deleted by {@link
 * #close()} only.
 *
 * <pre>{@code
 * try (LocalEnvironment local = LocalEnvironment.start()) {
 *   Database flights = local.createDatabase("flights");
 *   ... local.bootstrapServers() ... local.registryUrl() ...
 *   local.kafka().kill();
 *   local.kafka().restart();
 * }
 * }</pre>
 */
public final class LocalEnvironment implements AutoCloseable {
  private static final long SECONDS_TO_GIVE_UP = 30;

  private final DataFolder folder;
  private final LocalKafka kafka;
  private final LocalRegistry registry;
  private final LocalPostgres postgres;

  private LocalEnvironment(
      DataFolder folder, LocalKafka kafka, LocalRegistry registry, LocalPostgres postgres) {
    this.folder = folder;
    this.kafka = kafka;
    this.registry = registry;
    this.postgres = postgres;
  }

  /** Where its data are. */
  Path dataFolder() {
    return folder.path();
  }

  /** Starts the three on free ports with temporary data. */
  public static LocalEnvironment start() {
    return start(LocalOptions.defaults());
  }

  /**
   * Starts the three at once; about 6 s on two cores.
   *
   * @throws IllegalStateException if one does not come up in time; then the others are stopped
   *     again
   */
  public static LocalEnvironment start(LocalOptions options) {
    DataFolder folder = DataFolder.of(options.dataFolder());
    LocalOptions inFolder = options.withDataFolder(folder.path());
    ExecutorService starters = Executors.newFixedThreadPool(3);
    List<Future<LocalPart>> starts =
        Stream.<Callable<LocalPart>>of(
                () -> LocalPostgres.start(inFolder),
                () -> LocalKafka.start(inFolder),
                () -> LocalRegistry.start(inFolder))
            .map(starters::submit)
            .toList();
    List<LocalPart> up = new ArrayList<>();
    try {
      RuntimeException failure = null;
      for (Future<LocalPart> start : starts) {
        try {
          up.add(start.get());
        } catch (ExecutionException e) {
          failure =
              and(
                  failure,
                  e.getCause() instanceof RuntimeException cause
                      ? cause
                      : new IllegalStateException(e.getCause()));
        }
      }
      if (failure != null) {
        throw failure;
      }
      return new LocalEnvironment(
          folder, (LocalKafka) up.get(1), (LocalRegistry) up.get(2), (LocalPostgres) up.get(0));
    } catch (RuntimeException e) {
      closeAll(up, folder);
      throw e;
    } catch (InterruptedException e) {
      closeAll(upAllTheSame(starters, starts), folder);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the local environment started", e);
    } finally {
      starters.shutdownNow();
    }
  }

  /** Has those that are under way given up, and returns the ones that came up before. */
  private static List<LocalPart> upAllTheSame(
      ExecutorService starters, List<Future<LocalPart>> starts) {
    starters.shutdownNow();
    List<LocalPart> up = new ArrayList<>();
    try {
      starters.awaitTermination(SECONDS_TO_GIVE_UP, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Future<LocalPart> start : starts) {
      if (start.isDone()) {
        try {
          up.add(start.get());
        } catch (ExecutionException e) {
          // it has stopped what it had started
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
    return up;
  }

  private static RuntimeException and(@Nullable RuntimeException first, RuntimeException second) {
    if (first == null) {
      return second;
    }
    first.addSuppressed(second);
    return first;
  }

  /** For {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  /** For {@code schema.registry.url}; ends in {@code /apis/ccompat/v7}. */
  public String registryUrl() {
    return registry.url();
  }

  /** See {@link LocalPostgres#createDatabase(String)}. */
  public Database createDatabase(String name) {
    return postgres.createDatabase(name);
  }

  /** See {@link LocalPostgres#adminDatabase()}. */
  public Database adminDatabase() {
    return postgres.adminDatabase();
  }

  public LocalKafka kafka() {
    return kafka;
  }

  public LocalRegistry registry() {
    return registry;
  }

  public LocalPostgres postgres() {
    return postgres;
  }

  /**
   * Stops the three, each cleanly or with a kill after 10 s, and deletes their data if it is
   * temporary.
   */
  @Override
  public void close() {
    closeAll(List.of(postgres, kafka, registry), folder);
  }

  private static void closeAll(List<LocalPart> up, DataFolder folder) {
    RuntimeException failure = null;
    for (int i = up.size() - 1; i >= 0; i--) {
      try {
        up.get(i).close();
      } catch (RuntimeException e) {
        failure = and(failure, e);
      }
    }
    try {
      folder.close();
    } catch (RuntimeException e) {
      failure = and(failure, e);
    }
    if (failure != null) {
      throw failure;
    }
  }
}
