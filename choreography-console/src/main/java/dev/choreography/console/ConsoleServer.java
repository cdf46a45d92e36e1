// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.choreography.console.status.SagaStatus;
import dev.choreography.console.trace.Mask;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.tracker.Changes;
import dev.choreography.console.tracker.NotYetException;
import dev.choreography.console.tracker.Tracker;
import dev.choreography.console.tracker.TrackerOptions;
import dev.choreography.console.web.Access;
import dev.choreography.console.web.EventStream;
import dev.choreography.console.web.HttpException;
import dev.choreography.console.web.Route;
import dev.choreography.console.web.Web;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tracker, the API and the page, as one thing that runs. */
final class ConsoleServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ConsoleServer.class);

  /** An opened saga is behind by no more than this and the tracker's own time. */
  private static final int PROGRESS_MS = 250;

  private final OpenParts parts = new OpenParts();
  private final EventStream stream = new EventStream();
  private final AtomicBoolean changed = new AtomicBoolean();
  private final Tracker tracker;
  private final InstantSource clock;

  private ConsoleServer(
      Cluster cluster,
      HttpServer bound,
      TrackerOptions options,
      Access access,
      Mask mask,
      InstantSource clock) {
    this.clock = clock;
    ClusterSources sources = new ClusterSources(cluster);
    tracker = parts.keep(Tracker.start(sources, options));
    parts.keep(Changes.listen(sources, this::told));
    Api api = new Api(cluster, tracker, mask, stream, clock);
    List<Route> routes = new ArrayList<>(new Actions(cluster, api).routes());
    routes.addAll(api.routes());
    parts.keep(Web.serve(bound, access, routes, ConsoleServer::trouble));
    parts.keep(stream);
    ScheduledExecutorService ticks =
        Executors.newScheduledThreadPool(
            2,
            work -> {
              Thread thread = new Thread(work, "ticks");
              thread.setDaemon(true);
              return thread;
            });
    AutoCloseable ended = ticks::shutdownNow;
    parts.keep(ended);
    every(ticks, 1_000, "overview", this::tick);
    follow(ticks, new Progress(tracker::saga, tracker::declarations, stream));
  }

  /** Has it look for what is to be told, each time a while after the last one. */
  static void follow(ScheduledExecutorService ticks, Progress progress) {
    every(ticks, PROGRESS_MS, "progress", progress::look);
  }

  /** Starts it, and does not wait for the tracker. */
  static ConsoleServer start(
      Cluster cluster,
      HttpServer bound,
      TrackerOptions options,
      Access access,
      Mask mask,
      InstantSource clock)
      throws IOException {
    return new ConsoleServer(cluster, bound, options, access, mask, clock);
  }

  private void told(String choreography, String saga, @Nullable SagaStatus status) {
    changed.set(true);
    if (status == null) {
      stream.tell(
          "gone",
          new ObjectMapper()
              .createObjectNode()
              .put("saga", saga)
              .put("choreography", choreography)
              .toString());
    } else {
      stream.tell("saga", SagaLine.json(status).toString());
    }
  }

  private static void every(
      ScheduledExecutorService ticks, int millis, String event, Runnable work) {
    var unused =
        ticks.scheduleWithFixedDelay(
            () -> {
              try {
                work.run();
              } catch (RuntimeException e) {
                // The next time may be better, and without this there would be none.
                LOG.warn("event={} outcome=failed", event, e);
              }
            },
            millis,
            millis,
            TimeUnit.MILLISECONDS);
  }

  private void tick() {
    if (stream.isHeard() && changed.getAndSet(false)) {
      try {
        stream.tell("overview", Overview.of(tracker, clock.instant()).toString());
      } catch (NotYetException e) {
        changed.set(true);
      }
    }
  }

  private static @Nullable HttpException trouble(Exception failure) {
    if (failure instanceof NotYetException) {
      return new HttpException(503, String.valueOf(failure.getMessage()));
    }
    if (failure instanceof Refusal) {
      return new HttpException(409, String.valueOf(failure.getMessage()));
    }
    if (failure instanceof KafkaException) {
      return new HttpException(503, Console.sentence(failure));
    }
    return failure instanceof IllegalArgumentException
        ? new HttpException(400, String.valueOf(failure.getMessage()))
        : null;
  }

  /** Stops to answer, and leaves the others to take over. */
  @Override
  public void close() {
    parts.close(problem -> {});
  }
}
