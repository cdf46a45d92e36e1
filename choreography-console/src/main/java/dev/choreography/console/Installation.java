// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The project's folder, with the programs that were built in it.
 *
 * @param classes the jar, or folder of classes, that this program runs from
 */
record Installation(Path classes) {

  static Installation running() {
    try {
      return new Installation(
          Path.of(Console.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toAbsolutePath());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The project's folder. */
  Path project() {
    // <project>/choreography-console/target/<classes>
    return classes.resolve("../../..").normalize();
  }

  /**
   * The runnable jar of a service.
   *
   * @throws IllegalStateException if it is not built
   */
  Path serviceJar(String service) {
    Path jar = project().resolve(service).resolve("target").resolve(service + ".jar");
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "%s is not built: there is no %s; run `mvn -DskipTests package` in %s"
              .formatted(service, jar, project()));
    }
    return jar;
  }
}
