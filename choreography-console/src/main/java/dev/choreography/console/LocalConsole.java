// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.web.Access;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * The console beside the services of this machine, a process of its own.
 *
 * @param readToken made up, like the other
 */
record LocalConsole(ServiceProcess process, String readToken, String actToken) {

  /** What is tried first, so that a bookmark works. */
  private static final int USUAL_PORT = 8090;

  private static final String HEAP = "256m";

  /** Returns when it is up. */
  static LocalConsole start(LocalTrip trip) throws IOException, InterruptedException {
    Installation installation = Installation.running();
    Path jar =
        Files.isRegularFile(installation.classes())
            ? installation.classes()
            : installation.serviceJar("choreography-console");
    String toRead = Access.random();
    String toAct = Access.random();
    Properties kafka = trip.kafka();
    Map<String, String> settings = new HashMap<>();
    settings.put("KAFKA_BOOTSTRAP_SERVERS", kafka.getProperty(ClusterOptions.BOOTSTRAP));
    settings.put("SCHEMA_REGISTRY_URL", kafka.getProperty(ClusterOptions.REGISTRY));
    settings.put("SAGA_CONFIG", "");
    settings.put("SAGA_READ_TOKEN", toRead);
    settings.put("SAGA_ACT_TOKEN", toAct);
    List<String> arguments =
        List.of(
            "console",
            "--port",
            Integer.toString(isFree(USUAL_PORT) ? USUAL_PORT : 0),
            "--state",
            trip.folder().data().resolve("console").toString());
    LocalConsole console =
        new LocalConsole(
            trip.open()
                .keep(
                    ServiceProcess.start(
                        new ServiceProcess.Program("console", jar, HEAP, arguments),
                        trip.folder().guard(),
                        settings,
                        trip.folder().logs().resolve("console.log"))),
            toRead,
            toAct);
    console.process().awaitUp();
    return console;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  /** The page. */
  String url() {
    return process.url() + "/";
  }
}
