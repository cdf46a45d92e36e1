// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/**
 * The main of the child JVM that is broker and controller in one. Runs on the broker's class path
 * only, with {@link GuardedMain} beside it and no other class of this module.
 */
final class KafkaNode {
  private KafkaNode() {}

  /**
   * @param args the file of settings; the line that says that the broker is up
   */
  public static void main(String[] args) throws IOException {
    Path settings = Path.of(args[0]);
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(settings)) {
      properties.load(reader);
    }
    if (!Files.exists(Path.of(properties.getProperty("log.dirs"), "meta.properties"))) {
      String[] format = {
        "format", "--cluster-id", "choreography-local-00", "--config", settings.toString()
      };
      if (StorageTool.execute(format, System.out) != 0) {
        System.exit(1);
      }
    }
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
    try {
      server.startup();
    } catch (RuntimeException e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1); // Its shutdown would wait for what never started.
    }
    System.out.println(args[1]);
    server.awaitShutdown();
  }
}
