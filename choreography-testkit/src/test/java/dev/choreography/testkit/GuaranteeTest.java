// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.testkit.Happening.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The histories that the guarantees' documentation lists, and some more. */
class GuaranteeTest {

  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nothing in between    | seat executed; room executed; payment executed; seat confirmed; room confirmed; payment confirmed
          nothing in between    | seat executed; room rejected; room_refused emitted; seat compensated
          nothing in between    | seat executed; room rejected; seat_freed emitted resolved
          nothing in between    | cancel asked; seat_refused emitted cancelled
          nothing twice         | trip_asked heard; seat executed; trip_asked heard
          nothing twice         | seat failed 1; seat executed 2
          nothing twice         | seat executed; seat compensated; seat_freed emitted compensated
          undone in order       | seat executed; room executed; room compensated; seat compensated
          undone in order       | seat executed; seat compensated
          undone in order       | seat executed; room executed; room_freed emitted resolved; seat compensated
          nothing without cause | seat failed 1; seat executed 2
          nothing without cause | seat failed 1; seat failed 2; seat executed 3; seat failed 1; seat compensated 2
          nothing without cause | cancel asked; seat_refused emitted cancelled
          nothing without cause | cancel asked; cancel emitted; seat_refused emitted cancelled
          nothing without cause | seat fault; 601: cancel emitted
          nothing without cause | 350: trip_asked asked; 601: cancel emitted
          nothing without cause | seat failed 1; seat_refused emitted exhausted
          nothing without cause | away fault; 601: seat_refused emitted deadline
          nothing without cause | trip_asked asked; trip_asked heard; seat_held emitted; seat_held heard
          deadlines are kept    | seat executed; 601: cancel emitted; 700: seat compensated
          deadlines are kept    | seat executed; 601: seat compensated
          deadlines are kept    | seat executed; room executed; payment executed; 620: seat confirmed
          deadlines are kept    | seat executed; seat failed 1; 4000: seat compensated 2
          """)
  void a_valid_history_is_valid(String guarantee, String history) {
    assertThat(guarantee(guarantee).violation(history(history))).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nothing in between    | seat executed; room rejected; room_refused emitted | seat is executed, and neither confirmed nor compensated, room has failed, payment has not run
          nothing in between    | seat executed; room executed; payment executed; seat confirmed; room confirmed | payment is executed, and neither
          nothing in between    | trip_asked asked | seat has not run
          nothing in between    | seat executed; seat compensated; room executed | room is executed
          nothing twice         | seat executed; seat executed | seat is executed 2 times
          nothing twice         | seat executed; seat confirmed; seat confirmed | seat is confirmed 2 times
          nothing twice         | seat executed; seat compensated; seat compensated | seat is compensated 2 times
          nothing twice         | seat_held emitted; seat_held emitted | seat_held is emitted 2 times
          nothing twice         | seat compensated | compensated and was never executed
          nothing twice         | seat confirmed | confirmed and was never executed
          nothing twice         | seat executed; seat compensated; seat confirmed | compensated and confirmed
          nothing twice         | seat_freed emitted skipped; seat executed | after it has said
          nothing twice         | seat executed; seat_refused emitted cancelled | before it has said
          undone in order       | seat executed; room executed; seat compensated; room compensated | seat is compensated while room
          undone in order       | seat executed; seat compensated; room executed | seat is compensated while room
          nothing without cause | seat executed 2 | attempt 2 after 0 that failed
          nothing without cause | seat failed 1; seat executed 2; seat compensated 2 | attempt 2 after 0 that failed
          nothing without cause | seat_refused emitted exhausted | never failed
          nothing without cause | seat_refused emitted cancelled | nobody asked
          nothing without cause | away fault; 599: seat_refused emitted deadline | before the deadline
          nothing without cause | seat executed; 601: cancel emitted | late, and nothing held it up
          nothing without cause | seat_held heard; seat_held emitted | heard before it was emitted
          deadlines are kept    | 600: seat executed | executed after the deadline
          deadlines are kept    | seat executed; 4200: room rejected; 4200: seat compensated | seat stood undecided
          deadlines are kept    | seat executed; 4200: seat confirmed | seat stood undecided
          """)
  void an_invalid_history_is_told_of(String guarantee, String history, String violation) {
    assertThat(guarantee(guarantee).violation(history(history))).contains(violation);
  }

  private static Guarantee guarantee(String name) {
    return Guarantee.all().stream()
        .filter(guarantee -> guarantee.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** {@code [second:] subject kind [attempt or detail]}, in that order. */
  private static History history(String text) {
    List<Happening> happenings = new ArrayList<>();
    for (String told : text.split("; ", -1)) {
      String[] parts = told.split(": ", -1);
      int second = parts.length == 1 ? 1 : Integer.parseInt(parts[0]);
      happenings.add(happening(second, parts[parts.length - 1].split(" ", -1)));
    }
    return new History(Trips.CHAIN, "saga-1", START.plus(Duration.ofMinutes(10)), happenings);
  }

  private static Happening happening(int second, String[] words) {
    String last = words.length < 3 ? null : words[2];
    boolean number = last != null && last.matches("[0-9]+");
    @Nullable String detail = number ? null : last;
    return new Happening(
        START.plusSeconds(second),
        "tests",
        Kind.valueOf(words[1].toUpperCase(Locale.ROOT)),
        words[0],
        detail,
        number ? Integer.parseInt(words[2]) : 0);
  }
}
