// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events for many: what is told goes to everybody who listens at the moment, or to
 * those among them who listen for a subject. Who is too slow to listen is let go, and may come
 * again. Safe for use by several threads.
 */
public final class EventStream implements AutoCloseable {

  private static final int MOST_LISTENERS = 64;
  private static final int MOST_WAITING = 1_000;
  private static final Duration UNTIL_A_COMMENT = Duration.ofSeconds(15);
  private static final String ALL = "";
  private static final String END = "";
  private static final String COMMENT = ": \n\n";

  /** What each is told, and the subject it listens for, {@link #ALL} if for none. */
  private final Map<BlockingQueue<String>, String> listeners =
      Collections.synchronizedMap(new IdentityHashMap<>());

  private volatile boolean closed;

  /** Nobody listens yet. */
  public EventStream() {}

  /** Whether somebody listens. */
  public boolean isHeard() {
    return !listeners.isEmpty();
  }

  /** Tells all. */
  public void tell(String event, String data) {
    tell(text(event, data), subject -> true);
  }

  /** Tells those who listen for a subject. */
  public void tell(String subject, String event, String data) {
    tell(text(event, data), subject::equals);
  }

  private void tell(String text, Predicate<String> whom) {
    for (Map.Entry<BlockingQueue<String>, String> listener : now()) {
      if (whom.test(listener.getValue()) && !listener.getKey().offer(text)) {
        letGo(listener.getKey());
      }
    }
  }

  private List<Map.Entry<BlockingQueue<String>, String>> now() {
    synchronized (listeners) {
      List<Map.Entry<BlockingQueue<String>, String>> all = new ArrayList<>();
      listeners.forEach((listener, subject) -> all.add(Map.entry(listener, subject)));
      return all;
    }
  }

  /** What somebody listens for. */
  public Set<String> subjects() {
    Set<String> subjects = new HashSet<>();
    now().forEach(listener -> subjects.add(listener.getValue()));
    subjects.remove(ALL);
    return subjects;
  }

  private static String text(String event, String data) {
    return "event: %s\ndata: %s\n\n".formatted(event, data);
  }

  private void letGo(BlockingQueue<String> listener) {
    listeners.remove(listener);
    listener.clear();
    listener.offer(END);
  }

  /**
   * Serves a request until either side ends it.
   *
   * @param subject what is listened for beside what all are told
   * @param first what is told before all else
   */
  private void serve(HttpExchange exchange, String subject, String first) throws IOException {
    if (closed || listeners.size() >= MOST_LISTENERS) {
      throw new HttpException(503, "%s listen already".formatted(listeners.size()));
    }
    BlockingQueue<String> told = new ArrayBlockingQueue<>(MOST_WAITING);
    listeners.put(told, subject);
    try {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
      exchange.sendResponseHeaders(200, 0);
      OutputStream out = exchange.getResponseBody();
      write(out, first);
      while (!closed) {
        String text = told.poll(UNTIL_A_COMMENT.toMillis(), TimeUnit.MILLISECONDS);
        if (text != null && text.equals(END)) {
          return;
        }
        write(out, text == null ? COMMENT : text);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      listeners.remove(told);
    }
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.flush();
  }

  /**
   * Serves a request until either side ends it; for a handler, which then returns null.
   *
   * @param subject what is listened for beside what all are told, if it is not null
   * @param data of the first event; if it is null, there is none
   */
  public void serve(Request request, @Nullable String subject, String event, @Nullable String data)
      throws IOException {
    serve(
        request.exchange(),
        subject == null ? ALL : subject,
        data == null ? COMMENT : text(event, data));
  }

  @Override
  public void close() {
    closed = true;
    now().forEach(listener -> letGo(listener.getKey()));
  }
}
