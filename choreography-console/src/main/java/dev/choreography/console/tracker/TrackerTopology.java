// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.Collection;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The topology. Its shape and all its names are the same whatever is declared, so that a new
 * choreography finds the state as it was.
 */
final class TrackerTopology {

  /** Each saga's status, by its key; compacted. */
  static final String STATUS = "saga_status";

  static final String BY_SAGA = "by-saga";

  private TrackerTopology() {}

  /**
   * Builds it.
   *
   * @param topics those that exist of the declared ones
   * @param largest how many bytes a record of the tracker's own topics may have
   * @param justDeclared asked by each task whether an id that is not known would be now
   */
  static Topology of(
      Known known,
      Collection<String> topics,
      EventDecoder decoder,
      int largest,
      Supplier<Predicate<String>> justDeclared,
      Serializer<@Nullable Tracked> status,
      TrackerOptions options) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(topics, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()).withName("read"))
        .process(
            () -> new Addressing(known, decoder, justDeclared.get(), largest),
            Named.as("addressing"))
        .repartition(
            Repartitioned.with(Serdes.Bytes(), Serdes.ByteArray())
                .withName(BY_SAGA)
                .withNumberOfPartitions(TrackerOptions.PARTITIONS))
        .process(folding(known, decoder, options), Named.as("folding"))
        .to(STATUS, Produced.with(Serdes.ByteArray(), written(status)).withName("publish"));
    return builder.build();
  }

  private static ProcessorSupplier<Bytes, byte[], byte[], @Nullable Tracked> folding(
      Known known, EventDecoder decoder, TrackerOptions options) {
    return new ProcessorSupplier<>() {
      @Override
      public Folding get() {
        return new Folding(known, decoder, options);
      }

      @Override
      public java.util.Set<StoreBuilder<?>> stores() {
        return Stores.builders();
      }
    };
  }

  private static Serde<@Nullable Tracked> written(Serializer<@Nullable Tracked> status) {
    return Serdes.serdeFrom(
        status,
        (topic, bytes) -> {
          throw new UnsupportedOperationException("nobody reads it here");
        });
  }
}
