// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.DeclaredStep;
import dev.choreography.engine.EventCodec;
import dev.choreography.engine.EventCodec.UnreadableException;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topic {@link Topics#CHOREOGRAPHIES}: every declaration that participants run. */
public final class Declarations {

  private static final Logger LOG = LoggerFactory.getLogger(Declarations.class);

  private final KafkaSettings settings;
  private final EventCodec codec;

  /** The declarations on the cluster of these settings. */
  public Declarations(KafkaSettings settings, EventCodec codec) {
    this.settings = settings;
    this.codec = codec;
  }

  /**
   * Publishes those of the declarations that are not there yet.
   *
   * @param problems receives a sentence for each that stands there with another fingerprint
   */
  public void publish(Collection<Choreography> choreographies, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    Map<String, ChoreographyDeclared> known = read();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producer())) {
      for (Choreography choreography : choreographies) {
        ChoreographyDeclared declared = declared(choreography);
        ChoreographyDeclared other = known.get(key(declared));
        if (other == null) {
          producer
              .send(
                  ChoreographiesTopic.record(
                      key(declared), codec.encode(Topics.CHOREOGRAPHIES, declared)))
              .get();
        } else if (!other.getFingerprint().equals(declared.getFingerprint())) {
          problems.add(
              "%s runs elsewhere as version %s with another graph, fingerprint %s where this one has %s; a changed graph needs the next version"
                  .formatted(
                      choreography.name(),
                      choreography.version(),
                      other.getFingerprint(),
                      choreography.fingerprint()));
        }
        known.values().stream()
            .filter(each -> each.getName().equals(declared.getName()))
            .filter(each -> each.getVersion() != declared.getVersion())
            .filter(each -> each.getStart().equals(declared.getStart()))
            .filter(each -> !adopter(each).equals(adopter(declared)))
            .forEach(
                each ->
                    problems.add(
                        "%s adopts bare starts by %s, version %s of it by %s: both would adopt the same ones; keep the first root, or begin with another event"
                            .formatted(
                                choreography,
                                adopter(declared),
                                each.getVersion(),
                                adopter(each))));
      }
    }
  }

  /** What stands there now, the last for each name and version, by {@code name:version}. */
  public Map<String, ChoreographyDeclared> read() {
    Map<String, ChoreographyDeclared> found = new LinkedHashMap<>();
    ChoreographiesTopic.read(settings, record -> keep(record, found));
    return found;
  }

  private void keep(
      ConsumerRecord<byte[], byte[]> record, Map<String, ChoreographyDeclared> found) {
    if (record.value() == null || !ChoreographiesTopic.isDeclaration(record.key())) {
      return;
    }
    try {
      if (codec.decode(record.topic(), record.value()) instanceof ChoreographyDeclared declared) {
        found.put(key(declared), declared);
      }
    } catch (UnreadableException e) {
      LOG.warn(
          "event={}@{} outcome=ignored: no declaration: {}",
          record.topic(),
          record.offset(),
          e.getMessage());
    }
  }

  /** The first root by name, and who hosts it. */
  private static String adopter(ChoreographyDeclared declared) {
    return declared.getSteps().stream()
        .filter(step -> step.getAfter().equals(List.of(declared.getStart())))
        .min(Comparator.comparing(DeclaredStep::getName))
        .map(step -> "step %s of %s".formatted(step.getName(), step.getOwner()))
        .orElse("nobody");
  }

  private static String key(ChoreographyDeclared declared) {
    return declared.getName() + ":" + declared.getVersion();
  }

  /** A declaration in the form in which it is published. */
  public static ChoreographyDeclared declared(Choreography choreography) {
    return ChoreographyDeclared.newBuilder()
        .setName(choreography.name())
        .setVersion(choreography.version())
        .setFingerprint(choreography.fingerprint())
        .setDeadlineMs(choreography.deadline().toMillis())
        .setStart(choreography.start().topic())
        .setControl(choreography.controlTopic())
        .setSteps(choreography.steps().stream().map(Declarations::declared).toList())
        .build();
  }

  private static DeclaredStep declared(Step step) {
    EventType compensated = step.compensated();
    return DeclaredStep.newBuilder()
        .setName(step.name())
        .setOwner(step.owner())
        .setAfter(step.after().stream().map(EventType::topic).toList())
        .setCompleted(step.completed().topic())
        .setFailed(step.failed().topic())
        .setCompensated(compensated == null ? null : compensated.topic())
        .build();
  }
}
