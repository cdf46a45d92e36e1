// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.choreography.console.tracker.Summary;
import dev.choreography.console.web.Access;
import dev.choreography.console.web.EventStream;
import dev.choreography.console.web.Route;
import dev.choreography.console.web.Web;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  /** What is to be done again and again is done when the test says that it is time. */
  private static final class Ticks extends ScheduledThreadPoolExecutor {
    private Runnable work = () -> {};
    private Duration pause = Duration.ZERO;
    private Duration left = Duration.ZERO;

    Ticks() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable command, long first, long delay, TimeUnit unit) {
      work = command;
      left = Duration.of(first, unit.toChronoUnit());
      pause = Duration.of(delay, unit.toChronoUnit());
      return schedule(() -> {}, 0, unit);
    }

    void pass(Duration time) {
      for (left = left.minus(time); left.isZero() || left.isNegative(); left = left.plus(pause)) {
        work.run();
      }
    }
  }

  @Test
  void however_much_happens_to_an_opened_saga_it_is_told_four_times_a_second() throws Exception {
    int[] events = {1};
    Ticks ticks = new Ticks();
    try (EventStream stream = new EventStream()) {
      ConsoleServer.follow(
          ticks,
          new Progress(
              (choreography, saga) -> Optional.of(Summary.of(choreography, saga, events[0])),
              List::of,
              stream));
      List<Integer> told =
          heard(
              stream,
              () -> {
                for (int i = 0; i < 200; i++) {
                  events[0]++;
                  ticks.pass(Duration.ofMillis(10));
                }
                ticks.pass(SECOND); // in which nothing happens
                events[0]++;
                ticks.pass(SECOND);
              });
      assertThat(told).containsExactly(26, 51, 76, 101, 126, 151, 176, 201, 202);
    } finally {
      ticks.shutdownNow();
    }
  }

  /** How many events each progress tells of that somebody hears meanwhile. */
  private static List<Integer> heard(EventStream stream, Runnable meanwhile) throws Exception {
    HttpServer bound = Web.bind("127.0.0.1", 0);
    Route changes =
        Route.open(
            "/changes",
            request -> {
              stream.serve(request, "alpha/s", "overview", null);
              return null;
            });
    Access access = new Access("r".repeat(16), "a".repeat(16), InstantSource.system());
    List<Integer> told = new ArrayList<>();
    Web web = Web.serve(bound, access, List.of(changes), failure -> null);
    try {
      URI uri = URI.create("http://127.0.0.1:%d/changes".formatted(bound.getAddress().getPort()));
      Iterator<String> lines =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofLines())
              .body()
              .iterator();
      meanwhile.run();
      stream.tell("end", "{}");
      for (String line = lines.next(); !line.equals("event: end"); line = lines.next()) {
        if (line.startsWith("data: ")) {
          told.add(new ObjectMapper().readTree(line.substring(6)).path("events").asInt());
        }
      }
    } finally {
      web.close();
    }
    return told;
  }
}
