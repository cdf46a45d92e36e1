// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;

/** The names of the stores; their changelogs are named after them. */
final class Stores {

  static final String EVENTS = "events";
  static final String SAGAS = "sagas";
  static final String INDEX = "index";
  static final String COUNTS = "counts";

  private Stores() {}

  static Set<StoreBuilder<?>> builders() {
    // A record is written once and never changed: a cache would only be in its way.
    return Set.of(
        builder(EVENTS).withCachingDisabled(),
        builder(SAGAS).withCachingEnabled(),
        builder(INDEX).withCachingDisabled(),
        builder(COUNTS).withCachingEnabled());
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> builder(String name) {
    return org.apache.kafka.streams.state.Stores.keyValueStoreBuilder(
        org.apache.kafka.streams.state.Stores.persistentKeyValueStore(name),
        Serdes.Bytes(),
        Serdes.ByteArray());
  }
}
