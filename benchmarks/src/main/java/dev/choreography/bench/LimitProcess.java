// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.EventType;
import dev.choreography.avro.EventClasses;
import dev.choreography.local.Database;
import dev.choreography.tripbooking.TripBooking;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/**
 * One hand-written step of the trip booking as a process, as the services are; public for the guard
 * that runs it.
 */
public final class LimitProcess {

  private static final String PREFIX = "PREFIX_";

  private LimitProcess() {}

  /** What the process needs to know. */
  static Map<String, String> settings(Stage stage, Database database, TripWork work) {
    Map<String, String> settings = new HashMap<>();
    settings.put("STEP", work.name());
    settings.put("KAFKA_BOOTSTRAP_SERVERS", stage.bootstrapServers());
    settings.put("DATABASE_URL", database.jdbcUrl());
    settings.put("DATABASE_USER", database.user());
    settings.put("DATABASE_PASSWORD", database.password());
    stage
        .prefixes()
        .forEach((topic, prefix) -> settings.put(PREFIX + topic, HexFormat.of().formatHex(prefix)));
    return settings;
  }

  /** Runs until it is killed; its settings are environment variables. */
  public static void main(String[] args) throws Exception {
    Map<String, String> settings = System.getenv();
    Map<String, byte[]> prefixes = new HashMap<>();
    settings.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX)) {
            prefixes.put(
                name.substring(PREFIX.length()).toLowerCase(Locale.ROOT),
                HexFormat.of().parseHex(value));
          }
        });
    // Avro makes no class that it was not told to trust.
    EventClasses.trust(TripBooking.CHOREOGRAPHY.events().stream().map(EventType::type).toList());
    Database database =
        new Database(
            settings.getOrDefault("DATABASE_URL", ""),
            settings.getOrDefault("DATABASE_USER", ""),
            settings.getOrDefault("DATABASE_PASSWORD", ""));
    Pipeline pipeline =
        new Pipeline(
            settings.getOrDefault("KAFKA_BOOTSTRAP_SERVERS", ""),
            prefixes,
            database,
            TripWork.valueOf(settings.getOrDefault("STEP", "")));
    Runtime.getRuntime().addShutdownHook(new Thread(pipeline::stop));
    pipeline.call();
  }
}
