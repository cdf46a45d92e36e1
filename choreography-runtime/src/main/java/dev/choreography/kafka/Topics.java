// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.control.ChoreographyDeclared;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** The topics that choreographies need: what they are called, creating them, and what is wrong. */
public final class Topics {

  /** The compacted topic that holds every declaration. */
  public static final String CHOREOGRAPHIES = "choreographies";

  private static final Duration VISIBLE_WITHIN = Duration.ofSeconds(10);
  private static final int DEFAULT_MAX_MESSAGE = 1024 * 1024 + 12;

  private Topics() {}

  /** Where a participant puts records that cannot be read. */
  public static String deadLetters(String participant) {
    return participant + "_dead_letters";
  }

  /**
   * Creates the topics that do not exist yet: those of the choreography, each owner's dead letters
   * and {@link #CHOREOGRAPHIES}; when it returns, they can be used. Topics that exist are left as
   * they are.
   *
   * @param partitions of each topic of the choreography; the most instances that can share a step
   * @param replicas of each topic
   * @return the topics created
   */
  public static Set<String> create(
      Admin admin, Choreography choreography, int partitions, short replicas)
      throws InterruptedException {
    List<NewTopic> wanted = new ArrayList<>();
    for (String topic : choreography.topics()) {
      wanted.add(new NewTopic(topic, partitions, replicas));
    }
    for (String owner :
        choreography.steps().stream().map(Step::owner).collect(Collectors.toSet())) {
      wanted.add(
          new NewTopic(deadLetters(owner), 1, replicas)
              .configs(
                  Map.of(
                      TopicConfig.RETENTION_MS_CONFIG,
                      "-1",
                      TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                      String.valueOf(DEFAULT_MAX_MESSAGE + KafkaSettings.DEAD_LETTER_ROOM))));
    }
    wanted.add(
        new NewTopic(CHOREOGRAPHIES, 1, replicas)
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_COMPACT,
                    // So participants can compare their clocks with the broker's.
                    TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                    TimestampType.LOG_APPEND_TIME.name)));
    Set<String> created = new TreeSet<>();
    for (Map.Entry<String, KafkaFuture<Void>> topic :
        admin.createTopics(wanted).values().entrySet()) {
      try {
        topic.getValue().get();
        created.add(topic.getKey());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw new IllegalStateException(
              "creating topic %s: %s".formatted(topic.getKey(), e.getCause()), e);
        }
      }
    }
    awaitVisible(admin, created);
    return created;
  }

  /** A broker says that it created a topic before it knows it. */
  private static void awaitVisible(Admin admin, Set<String> created) throws InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      try {
        admin.describeTopics(created).allTopicNames().get();
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            || System.nanoTime() - begin > VISIBLE_WITHIN.toNanos()) {
          throw new IllegalStateException(
              "topics %s were created and cannot be seen: %s".formatted(created, e.getCause()), e);
        }
      }
    }
  }

  /**
   * How many partitions each topic has, of those that a participant hears or writes. One that owns
   * no step and only starts sagas reads nothing, so it needs no topic for dead letters.
   *
   * @param problems receives a sentence for each topic that is missing, has another number of
   *     partitions than its siblings, forgets sooner than a saga may take or by size, or is
   *     compacted where it must not be, or not where it must be
   */
  public static Map<String, Integer> check(
      Admin admin,
      Collection<Choreography> choreographies,
      String participant,
      Collection<String> problems)
      throws InterruptedException, ExecutionException {
    Map<String, Integer> partitions = new TreeMap<>();
    for (Choreography choreography : choreographies) {
      partitions.putAll(
          checkTopics(
              admin,
              choreography.name(),
              choreography.deadline(),
              choreography.topics(),
              problems));
    }
    List<String> further = new ArrayList<>(List.of(CHOREOGRAPHIES));
    if (choreographies.stream()
        .flatMap(choreography -> choreography.steps().stream())
        .anyMatch(step -> step.owner().equals(participant))) {
      further.add(deadLetters(participant));
    }
    checkFurther(admin, further, problems);
    return partitions;
  }

  /** Topics that carry no events of sagas. */
  private static void checkFurther(Admin admin, List<String> topics, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    Set<String> found = new TreeSet<>(partitions(admin, topics, problems).keySet());
    if (found.remove(CHOREOGRAPHIES)) {
      TopicSettings.checkDeclarations(admin, CHOREOGRAPHIES, problems);
    }
    TopicSettings.checkDeadLetters(admin, found, problems);
  }

  /**
   * The same for all participants of a choreography that others have declared.
   *
   * @return how many partitions each topic of its events has, and its control topic
   */
  public static Map<String, Integer> check(
      Admin admin, ChoreographyDeclared declared, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    Map<String, Integer> partitions =
        checkTopics(
            admin,
            declared.getName(),
            Duration.ofMillis(declared.getDeadlineMs()),
            topics(declared),
            problems);
    checkFurther(
        admin,
        Stream.concat(
                Stream.of(CHOREOGRAPHIES),
                declared.getSteps().stream().map(step -> deadLetters(step.getOwner())))
            .distinct()
            .toList(),
        problems);
    return partitions;
  }

  private static List<String> topics(ChoreographyDeclared declared) {
    return Stream.concat(
            Stream.of(declared.getStart(), declared.getControl()),
            declared.getSteps().stream()
                .flatMap(
                    step ->
                        Stream.of(step.getCompleted(), step.getFailed(), step.getCompensated())))
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }

  private static Map<String, Integer> checkTopics(
      Admin admin,
      String choreography,
      Duration deadline,
      List<String> topics,
      Collection<String> problems)
      throws InterruptedException, ExecutionException {
    Map<String, Integer> found = partitions(admin, topics, problems);
    if (Set.copyOf(found.values()).size() > 1) {
      problems.add(
          "the topics of %s have different numbers of partitions, a saga's events would be scattered: %s"
              .formatted(choreography, found));
    }
    TopicSettings.checkEvents(admin, choreography, deadline, found.keySet(), problems);
    return found;
  }

  /**
   * How long after its time an event may still be read from any of these topics: as long as one
   * keeps it, and the segment that it lies in, and a day for clocks and cleaners; null if one keeps
   * events for ever.
   */
  public static @Nullable Duration longestKept(Admin admin, Collection<String> topics)
      throws InterruptedException, ExecutionException {
    return TopicSettings.longestKept(admin, topics);
  }

  /** Whether the broker dates what is published to {@link #CHOREOGRAPHIES}. */
  public static boolean brokerDatesDeclarations(Admin admin)
      throws InterruptedException, ExecutionException {
    return TopicSettings.isDatedByBroker(admin, CHOREOGRAPHIES);
  }

  /** Whether the brokers speak the newer consumer group protocol, KIP-848. */
  public static boolean newGroupProtocol(Admin admin)
      throws InterruptedException, ExecutionException {
    FinalizedVersionRange version =
        admin.describeFeatures().featureMetadata().get().finalizedFeatures().get("group.version");
    return version != null && version.maxVersionLevel() >= 1;
  }

  private static Map<String, Integer> partitions(
      Admin admin, List<String> topics, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    Map<String, Integer> partitions = new LinkedHashMap<>();
    for (Map.Entry<String, KafkaFuture<TopicDescription>> topic :
        admin.describeTopics(topics).topicNameValues().entrySet()) {
      try {
        partitions.put(topic.getKey(), topic.getValue().get().partitions().size());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
        problems.add("topic %s does not exist, create it".formatted(topic.getKey()));
      }
    }
    return partitions;
  }
}
