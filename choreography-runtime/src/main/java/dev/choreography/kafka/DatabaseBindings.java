// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.control.ParticipantBound;
import dev.choreography.engine.DatabaseIdentity;
import dev.choreography.engine.EventCodec;
import dev.choreography.engine.EventCodec.UnreadableException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database that each participant works on, as {@link Topics#CHOREOGRAPHIES} tells. A
 * participant over another database than its own would answer for steps that its own has done:
 * undone what it never heard of, skipped what stands.
 *
 * <p>A participant claims its database. Of the claims in the order of the topic the first counts,
 * and after it each that replaces the database that counts until then; any other has no effect,
 * also not later. Whoever claims reads the topic to its end afterwards, and starts only if its
 * database is the one that counts. So of several that claim at once exactly one database wins,
 * without a compare-and-set, which Kafka does not have: a partition has one order, each reads at
 * least up to its own claim, and whether a claim counts depends on those before it alone.
 *
 * <p>Compaction keeps the last record of each key, and its offset. Each claim has a key of its own,
 * which is written once, so compaction removes none and changes no order. (With one key for each
 * participant it would remove the first claim and leave one that has lost.)
 */
public final class DatabaseBindings {

  private static final Logger LOG = LoggerFactory.getLogger(DatabaseBindings.class);
  private static final String PREFIX = "participant/";

  private final KafkaSettings settings;
  private final EventCodec codec;

  /** The bindings on the cluster of these settings. */
  public DatabaseBindings(KafkaSettings settings, EventCodec codec) {
    this.settings = settings;
    this.codec = codec;
  }

  /**
   * Binds a participant to its database, where it is bound to none, or to the one that this one
   * replaces.
   *
   * @param replaced the identity of the database that this one may replace, null for none
   * @param problems receives a sentence if the participant is bound to another database
   */
  public void bind(DatabaseIdentity own, @Nullable UUID replaced, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    ParticipantBound bound = binding(own.participant());
    boolean replaces =
        bound != null && replaced != null && bound.getDatabase().equals(replaced.toString());
    if (bound == null || (replaces && !isBoundTo(own, bound))) {
      if (replaces) {
        LOG.warn(
            "participant={} database {} replaces {}, as it was told to",
            own.participant(),
            own.id(),
            replaced);
      }
      claim(own, replaces ? replaced : null);
      bound = binding(own.participant());
    }
    if (bound == null || !isBoundTo(own, bound)) {
      problems.add(refusal(own, bound, replaced));
    }
  }

  /**
   * Releases a participant from its database: whichever it starts over next counts. For tests and
   * measurements that start over many; an operator says which database is replaced by which.
   */
  public void release(String participant) throws InterruptedException, ExecutionException {
    List<String> keys = new ArrayList<>(claims(participant).keySet());
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producer())) {
      for (String key : keys) {
        producer.send(ChoreographiesTopic.record(key, null)).get();
      }
    }
  }

  private static boolean isBoundTo(DatabaseIdentity own, ParticipantBound bound) {
    return bound.getDatabase().equals(own.id().toString());
  }

  private static String refusal(
      DatabaseIdentity own, @Nullable ParticipantBound bound, @Nullable UUID replaced) {
    String other =
        bound == null
            ? "no database, although this one was just claimed"
            : "database %s, made %s".formatted(bound.getDatabase(), bound.getCreatedAt());
    return "participant %s is bound to %s, and this is %s, made %s%s: it knows nothing of what that one has done, and would answer for steps that stand; use that database, or, if this one is to replace it, say replacesDatabase(\"%s\"), which the services read from REPLACES_DATABASE"
        .formatted(
            own.participant(),
            other,
            own.id(),
            own.createdAt(),
            replaced == null ? "" : ", which is said to replace " + replaced,
            bound == null ? "" : bound.getDatabase());
  }

  private void claim(DatabaseIdentity own, @Nullable UUID replaced)
      throws InterruptedException, ExecutionException {
    ParticipantBound claim =
        ParticipantBound.newBuilder()
            .setParticipant(own.participant())
            .setDatabase(own.id().toString())
            .setCreatedAt(own.createdAt())
            .setReplaces(replaced == null ? null : replaced.toString())
            .build();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producer())) {
      producer
          .send(
              ChoreographiesTopic.record(
                  PREFIX + own.participant() + "/" + own.unused(),
                  codec.encode(Topics.CHOREOGRAPHIES, claim)))
          .get();
    }
  }

  /** The claim that counts, null if there is none. */
  private @Nullable ParticipantBound binding(String participant) {
    ParticipantBound bound = null;
    for (ParticipantBound claim : claims(participant).values()) {
      if (bound == null || bound.getDatabase().equals(claim.getReplaces())) {
        bound = claim;
      }
    }
    return bound;
  }

  /** All claims in the order of the topic, by their keys. */
  private Map<String, ParticipantBound> claims(String participant) {
    Map<String, ParticipantBound> claims = new LinkedHashMap<>();
    ChoreographiesTopic.read(settings, record -> keep(record, participant, claims));
    return claims;
  }

  private void keep(
      ConsumerRecord<byte[], byte[]> record,
      String participant,
      Map<String, ParticipantBound> claims) {
    String key = record.key() == null ? "" : ChoreographiesTopic.text(record.key());
    if (!key.startsWith(PREFIX + participant + "/")) {
      return;
    }
    if (record.value() == null) {
      claims.remove(key);
      return;
    }
    try {
      if (codec.decode(record.topic(), record.value()) instanceof ParticipantBound claim) {
        claims.putIfAbsent(key, claim);
      }
    } catch (UnreadableException e) {
      // Whatever it claims: to go on without it could be to start over the wrong database.
      throw new IllegalArgumentException(
          "record %s@%s claims a database for participant %s and cannot be read: %s"
              .formatted(record.topic(), record.offset(), participant, e.getMessage()),
          e);
    }
  }
}
