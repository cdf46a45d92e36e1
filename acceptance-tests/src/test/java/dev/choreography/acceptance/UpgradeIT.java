// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The next version of a choreography comes, and goes again, while people ask for tours. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class UpgradeIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int EARLY = 24;

  private static TourSystem system;

  @BeforeAll
  static void open() throws Exception {
    system = new TourSystem();
  }

  @AfterAll
  static void close() {
    system.close();
  }

  @BeforeEach
  void all_host_version_1_alone() {
    system.stop("insurance", true);
    List<String> others = Stream.of("flight", "hotel", "car").filter(this::hostsMore).toList();
    others.forEach(participant -> system.stop(participant, true));
    List<ServiceProcess> starting =
        others.stream().map(participant -> system.begin(participant, "1")).toList();
    starting.forEach(ServiceProcess::awaitUp);
  }

  private boolean hostsMore(String participant) {
    return !system.arguments(participant).equals(List.of("1"));
  }

  /** Each is replaced as it is stopped: asked to end, or killed. */
  static Stream<Arguments> orders() {
    return Stream.of(
        Arguments.of(List.of("flight", "hotel", "insurance", "car"), false),
        Arguments.of(List.of("car", "insurance", "hotel", "flight"), true),
        Arguments.of(List.of("insurance", "hotel", "flight", "car"), false));
  }

  @ParameterizedTest
  @MethodSource("orders")
  void upgraded_in_any_order_and_back_each_saga_ends_under_the_rules_it_began_with(
      List<String> order, boolean killed) {
    Set<String> before = system.asked();
    List<String> lettersBefore = lettersButRepeats();
    try (TourSystem.Load load = system.load(String.join("-", order))) {
      load.begin();
      for (String participant : order) {
        system.stop(participant, killed);
        system.start(participant, hostingBoth(participant));
      }
      assertThat(TourVerdict.of(system).of(Tour.SECOND))
          .as("all host both versions and nobody has begun the next one")
          .isSubsetOf(before);

      system.stop("flight", killed);
      system.start("flight", "1,2");
      soon("sagas of version 2 end in both ways")
          .until(
              () -> {
                TourVerdict now = TourVerdict.of(system);
                return !before.containsAll(now.ended(Tour.SECOND, true))
                    && !before.containsAll(now.ended(Tour.SECOND, false));
              });

      system.stop("flight", killed);
      system.start("flight", hostingBoth("flight"));
      Set<String> perhapsOfVersion2 = system.asked();
      assertThat(system.saga("drain", "tour:2", "--wait").lines())
          .anyMatch(line -> line.startsWith("tour version 2: none left, "));
      soon("no saga of version 2 is under way any more").until(() -> isDrained(perhapsOfVersion2));
      all_host_version_1_alone();
    }
    TourVerdict verdict = awaitAllEnded();
    assertThat(verdict.judge(system)).isEmpty();
    assertThat(lettersButRepeats()).isEqualTo(lettersBefore);

    Set<String> first = since(before, verdict.of(Tour.FIRST));
    Set<String> second = since(before, verdict.of(Tour.SECOND));
    assertThat(since(before, verdict.ended(Tour.FIRST, true))).isNotEmpty();
    assertThat(since(before, verdict.ended(Tour.FIRST, false))).isNotEmpty();
    assertThat(verdict.published(first, false))
        .as("version 1 was before version 2 and is after it")
        .isLessThan(verdict.published(second, false));
    assertThat(verdict.published(first, true)).isGreaterThan(verdict.published(second, true));
  }

  @Test
  void who_begins_the_next_version_too_early_loses_nothing_and_replay_brings_it_back() {
    system.start("insurance", "2");
    system.stop("flight", false);
    system.start("flight", "1,2");
    Set<String> early =
        new TreeSet<>(IntStream.range(0, EARLY).mapToObj(i -> "early-" + i).toList());
    early.forEach(system::ask);
    Set<String> atTheHotel =
        new TreeSet<>(early.stream().filter(saga -> !Tour.refuses("flight", saga)).toList());
    assertThat(atTheHotel).hasSizeBetween(1, EARLY - 1);

    soon("the hotel has put aside all of version 2")
        .untilAsserted(
            () -> assertThat(lettersButRepeats()).containsExactlyInAnyOrderElementsOf(atTheHotel));
    assertThat(letters())
        .hasSizeGreaterThanOrEqualTo(atTheHotel.size())
        .allSatisfy(
            letter ->
                assertThat(letter)
                    .contains("version not hosted yet: the event is of " + Tour.SECOND.id()));
    assertThat(TourVerdict.of(system).underWay()).isEqualTo(atTheHotel);

    for (String participant : List.of("hotel", "car")) {
      system.stop(participant, false);
      system.start(participant, "1,2");
    }
    List<String> replay = new ArrayList<>(List.of("replay"));
    letters().forEach(letter -> replay.add(letter.split(" ", 2)[0]));
    system.saga(replay.toArray(String[]::new));
    TourVerdict verdict = awaitAllEnded();
    assertThat(verdict.judge(system)).isEmpty();
    assertThat(verdict.of(Tour.SECOND)).containsAll(early);
    assertThat(letters()).as("nothing is left to be replayed").isEmpty();

    system.saga(replay.toArray(String[]::new));
    String marker = "after-the-second-replay";
    system.ask(marker);
    assertThat(awaitAllEnded().judge(system)).as("replayed twice").isEmpty();
    assertThat(letters()).isEmpty();
  }

  /**
   * The sagas of what was put aside and is no repeat: one that was killed publishes again what it
   * had not noted as published, ten seconds later, when others may have gone back to version 1.
   */
  private static List<String> lettersButRepeats() {
    TopicLog log = system.log();
    return system.deadLetters().records().stream()
        .filter(letter -> letter.headers().lastHeader(DeadLetterHeaders.REASON) != null)
        .filter(letter -> !isRepeat(letter, log))
        .map(letter -> new String(letter.key(), UTF_8))
        .toList();
  }

  private static boolean isRepeat(ConsumerRecord<byte[], byte[]> letter, TopicLog log) {
    String topic = TopicLog.header(letter, DeadLetterHeaders.TOPIC);
    long offset = Long.parseLong(TopicLog.header(letter, DeadLetterHeaders.OFFSET));
    String id = TopicLog.header(letter, EventHeaders.ID);
    return log.of(topic, new String(letter.key(), UTF_8)).stream()
        .filter(event -> event.offset() < offset)
        .anyMatch(event -> TopicLog.header(event, EventHeaders.ID).equals(id));
  }

  /** What {@code dead-letters} lists, in lines. */
  private static List<String> letters() {
    return Arrays.stream(system.saga("dead-letters").split("\n", -1))
        .filter(line -> line.contains("@") && !line.startsWith("`"))
        .toList();
  }

  private static String[] hostingBoth(String participant) {
    return switch (participant) {
      case "insurance" -> new String[] {"2"};
      case "flight" -> new String[] {"1,2", "1"};
      default -> new String[] {"1,2"};
    };
  }

  /** None of these is of version 2 and under way. */
  private static boolean isDrained(Set<String> sagas) {
    TourVerdict now = TourVerdict.of(system);
    Set<String> left = new TreeSet<>(now.underWay());
    left.removeAll(now.of(Tour.FIRST));
    left.retainAll(sagas);
    return left.isEmpty() && TourVerdict.unfinished(system, Tour.SECOND).isEmpty();
  }

  private static TourVerdict awaitAllEnded() {
    soon("every saga has ended")
        .untilAsserted(
            () -> {
              assertThat(TourVerdict.of(system).underWay()).isEmpty();
              assertThat(TourVerdict.unfinished(system, Tour.FIRST)).isEmpty();
              assertThat(TourVerdict.unfinished(system, Tour.SECOND)).isEmpty();
            });
    return TourVerdict.of(system);
  }

  private static Set<String> since(Set<String> before, Set<String> sagas) {
    Set<String> since = new TreeSet<>(sagas);
    since.removeAll(before);
    return since;
  }

  private static ConditionFactory soon(String condition) {
    return Awaitility.await(condition).atMost(SOON).pollInterval(Duration.ofMillis(200));
  }
}
