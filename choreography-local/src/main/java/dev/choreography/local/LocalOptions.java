// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the local programs are to run; the one set of options for {@link LocalEnvironment} and for
 * each part started by itself, which reads only what concerns it.
 *
 * @param dataFolder where data and logs go, a subfolder a part; kept at close, and found again by
 *     the next start. {@code null} (the default) is a temporary folder that is deleted at close
 * @param kafkaPort the broker's port on 127.0.0.1; 0 (the default) is a free one
 * @param registryPort the registry's port on 127.0.0.1; 0 (the default) is a free one
 * @param postgresPort PostgreSQL's port on 127.0.0.1; 0 (the default) is a free one
 * @param durablePostgres whether PostgreSQL waits for the disk at commit. Not by default: {@code
 *     fsync=off full_page_writes=off synchronous_commit=on} hands every commit to the operating
 *     system before it is acknowledged, so that no killed process loses one; only a power failure
 *     can. Turn it on to measure
 * @param patience how long each program may take to come up; 60 s by default
 * @param kafkaListeners a further listener of the broker for each of these ports, which clients are
 *     told to connect to; a proxy listens there and passes on to {@link
 *     LocalKafka#listenerPort(int)}. None by default
 * @param progress is told a line when a program is started and when it is up, possibly from several
 *     threads at once; by default nobody is told
 */
public record LocalOptions(
    @Nullable Path dataFolder,
    int kafkaPort,
    int registryPort,
    int postgresPort,
    boolean durablePostgres,
    Duration patience,
    List<Integer> kafkaListeners,
    Consumer<String> progress) {

  public LocalOptions {
    refuseUnlessPort("kafkaPort", kafkaPort);
    refuseUnlessPort("registryPort", registryPort);
    refuseUnlessPort("postgresPort", postgresPort);
    kafkaListeners = List.copyOf(kafkaListeners);
    kafkaListeners.forEach(port -> refuseUnlessPort("kafkaListeners", port));
    if (patience.isNegative() || patience.isZero()) {
      throw new IllegalArgumentException("patience is " + patience + ", expected more than zero");
    }
  }

  /**
   * A temporary folder, free ports, settings that survive kills, 60 s of patience, no progress
   * lines.
   */
  public static LocalOptions defaults() {
    return new LocalOptions(null, 0, 0, 0, false, Duration.ofSeconds(60), List.of(), line -> {});
  }

  public LocalOptions withDataFolder(Path folder) {
    return with(draft -> draft.dataFolder = folder);
  }

  public LocalOptions withKafkaPort(int port) {
    return with(draft -> draft.kafkaPort = port);
  }

  public LocalOptions withRegistryPort(int port) {
    return with(draft -> draft.registryPort = port);
  }

  public LocalOptions withPostgresPort(int port) {
    return with(draft -> draft.postgresPort = port);
  }

  public LocalOptions withDurablePostgres() {
    return with(draft -> draft.durablePostgres = true);
  }

  public LocalOptions withPatience(Duration atMost) {
    return with(draft -> draft.patience = atMost);
  }

  public LocalOptions withKafkaListeners(List<Integer> advertisedPorts) {
    return with(draft -> draft.kafkaListeners = advertisedPorts);
  }

  public LocalOptions withProgress(Consumer<String> lines) {
    return with(draft -> draft.progress = lines);
  }

  private LocalOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** These options while one of them is changed. */
  private static final class Draft {
    private @Nullable Path dataFolder;
    private int kafkaPort;
    private int registryPort;
    private int postgresPort;
    private boolean durablePostgres;
    private Duration patience;
    private List<Integer> kafkaListeners;
    private Consumer<String> progress;

    Draft(LocalOptions options) {
      dataFolder = options.dataFolder;
      kafkaPort = options.kafkaPort;
      registryPort = options.registryPort;
      postgresPort = options.postgresPort;
      durablePostgres = options.durablePostgres;
      patience = options.patience;
      kafkaListeners = options.kafkaListeners;
      progress = options.progress;
    }

    LocalOptions options() {
      return new LocalOptions(
          dataFolder,
          kafkaPort,
          registryPort,
          postgresPort,
          durablePostgres,
          patience,
          kafkaListeners,
          progress);
    }
  }

  private static void refuseUnlessPort(String name, int port) {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(
          name + " is " + port + ", expected 0 (a free one) to 65535");
    }
  }
}
