// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program that starts the environment, freezes PostgreSQL, prints the ids of all its children,
 * and waits to be killed.
 */
final class Launcher {
  private Launcher() {}

  public static void main(String[] args) throws InterruptedException {
    LocalEnvironment local =
        LocalEnvironment.start(LocalOptions.defaults().withDataFolder(Path.of(args[0])));
    local.postgres().pause();
    List<String> ids =
        Stream.of(local.kafka(), local.registry(), local.postgres())
            .flatMap(part -> part.processes().stream())
            .map(process -> Long.toString(process.pid()))
            .toList();
    System.out.println("children " + String.join(" ", ids));
    Thread.currentThread().join();
  }
}
