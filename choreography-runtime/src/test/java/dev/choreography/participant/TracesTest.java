// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.BatchStepHandler;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Published;
import dev.choreography.engine.Tracing;
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Exported;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testbed.SettableClock;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is traced of sagas, and how it is joined. */
@ExtendWith(RealPrograms.class)
class TracesTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String REQUEST = "00-" + TRACE + "-00f067aa0ba902b7-01";

  /** Semicolons are part of a value. */
  private static final String STATE = "dd=s:1;o:rum,congo=t61rcWkgMzE";

  private static final Step A = Sagas.CHAIN.step("a");
  private static final Step C = Sagas.CHAIN.step("c");

  private static Bookings bookings;

  private final Exported exported = new Exported();

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "traces");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    bookings.tracedBy(new Traces(exported.telemetry(), "tests"));
  }

  @Test
  void a_saga_that_completes_is_one_trace_within_the_request_that_started_it() {
    run(bookings.instance(), start(Sagas.CHAIN, "s", REQUEST));
    assertThat(exported.told("s"))
        .containsExactlyInAnyOrder(
            "a execute completed_a completed",
            "b execute completed_b completed",
            "c execute completed_c completed",
            "a confirm null confirmed",
            "b confirm null confirmed",
            "c confirm null confirmed");
    assertThat(exported.all()).allMatch(span -> span.getTraceId().equals(TRACE));
    assertThat(exported.one("s", "a execute").getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(exported.one("s", "b confirm").getParentSpanId())
        .isEqualTo(exported.one("s", "c execute").getSpanId());
    exported.isOneTraceAsCaused("s", headers("s"));
  }

  @Test
  void a_saga_that_is_undone_is_one_trace_and_each_undoing_links_to_what_it_undoes() {
    bookings.handler("c").on("s", (request, saga) -> Scripted.rejected(C, saga));
    run(bookings.instance(), start(Sagas.CHAIN, "s"));
    assertThat(exported.told("s"))
        .containsExactly(
            "a execute completed_a completed",
            "b execute completed_b completed",
            "c execute failed_c rejected",
            "b compensate compensated_b compensated",
            "a compensate compensated_a compensated");
    exported.isOneTraceAsCaused("s", headers("s"));
    assertThat(linked(exported.one("s", "a compensate")))
        .containsExactly(exported.one("s", "a execute").getSpanId());
  }

  @Test
  void a_span_says_what_was_done_for_whom_and_when() throws IOException {
    run(bookings.instance(), start(Sagas.CHAIN, "s", REQUEST));
    SpanData span = exported.one("s", "b execute");
    assertThat(span.getKind()).isEqualTo(SpanKind.CONSUMER);
    assertThat(span.getAttributes().asMap().entrySet())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder(
            "saga.id=s",
            "saga.choreography=chain",
            "saga.version=1",
            "saga.participant=tests",
            "saga.step=b",
            "saga.cause=s/completed_a",
            "saga.event=completed_b",
            "saga.outcome=completed");
    String documented = Files.readString(Path.of("../docs/observability.md"));
    assertThat(span.getAttributes().asMap().keySet())
        .allSatisfy(key -> assertThat(documented).contains("`" + key.getKey() + "`"));
    long now = TimeUnit.MILLISECONDS.toNanos(Instance.NOW.toEpochMilli());
    assertThat(span.getStartEpochNanos()).isEqualTo(now);
    assertThat(span.getEndEpochNanos()).isEqualTo(now);
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
  }

  @Test
  void a_bare_start_without_a_trace_begins_one_with_its_adoption() {
    run(bookings.instance(), bare("s"));
    assertThat(exported.told("s").subList(0, 2))
        .containsExactly("a adopt started adopted", "a execute completed_a completed");
    assertThat(exported.one("s", "a adopt").getParentSpanContext().isValid()).isFalse();
    exported.isOneTraceAsCaused("s", headers("s"));
  }

  @Test
  void a_bare_start_with_a_trace_is_joined() {
    run(bookings.instance(), bare("s", REQUEST));
    assertThat(exported.one("s", "a adopt").getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    exported.isOneTraceAsCaused("s", headers("s"));
  }

  @Test
  void a_join_continues_the_last_of_its_inputs_and_links_to_the_others() {
    Instance instance = bookings.instance();
    instance.handle(start(Sagas.JOIN, "s", REQUEST));
    List<OutboxEvent> completed = bookings.relay().of("s");
    completed.forEach(event -> instance.handle(Instance.record(event)));
    SpanData join = exported.one("s", "c execute");
    assertThat(join.getParentSpanId()).isEqualTo(spanOf(completed.get(1)));
    assertThat(linked(join)).containsExactly(spanOf(completed.get(0)));
    assertThat(join.getTraceId()).isEqualTo(TRACE);
  }

  @Test
  void what_the_outbox_holds_continues_the_trace_whoever_publishes_it() throws SQLException {
    bookings.relay().away(true);
    bookings.instance().handle(start(Sagas.CHAIN, "s", REQUEST));
    bookings.execute("UPDATE choreography_outbox SET created_at = now() - interval '1 min'");
    bookings.relay().away(false);
    int swept =
        new JdbcJournal(bookings.database())
            .sweep(bookings.relay(), new Published(), 0, 10)
            .published();
    assertThat(swept).isEqualTo(1);
    assertThat(bookings.lastOf("s").headers())
        .containsEntry(EventHeaders.TRACE_PARENT, Exported.context(exported.one("s", "a execute")));
  }

  @Test
  void a_batch_that_is_done_again_gives_each_saga_one_span() {
    AtomicInteger calls = new AtomicInteger();
    bookings
        .handler("a")
        .on(
            "s2",
            (request, saga) -> {
              if (calls.incrementAndGet() <= 2) {
                Bookings.raise(saga, "40P01");
              }
              Bookings.take(saga, A);
              return Scripted.done(A, saga);
            });
    bookings
        .instance()
        .handle(start(Sagas.CHAIN, "s1"), start(Sagas.CHAIN, "s2"), start(Sagas.CHAIN, "s3"));
    assertThat(calls).hasValue(3);
    for (String saga : List.of("s1", "s2", "s3")) {
      assertThat(exported.told(saga)).containsExactly("a execute completed_a completed");
      assertThat(bookings.lastOf(saga).headers())
          .containsEntry(
              EventHeaders.TRACE_PARENT, Exported.context(exported.one(saga, "a execute")));
    }
  }

  @Test
  void a_batch_that_the_database_refuses_at_its_commit_is_not_to_be_seen() throws SQLException {
    bookings.execute("DROP TABLE IF EXISTS late");
    bookings.execute("CREATE TABLE late (id text UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    bookings
        .handler("a")
        .on(
            "s2",
            (request, saga) -> {
              try (Statement statement = saga.connection().createStatement()) {
                statement.execute("INSERT INTO late VALUES ('x'), ('x')");
              }
              return Scripted.done(A, saga);
            });
    bookings
        .instance(Instance.options(2, Duration.ofMinutes(1)))
        .handle(start(Sagas.CHAIN, "s1", REQUEST), start(Sagas.CHAIN, "s2", REQUEST));
    assertThat(exported.told("s1")).containsExactly("a execute completed_a completed");
    assertThat(exported.told("s2")).containsExactly("a execute null retrying");
    assertThat(headers("s1"))
        .extracting(event -> event.get(EventHeaders.TRACE_PARENT))
        .containsExactly(Exported.context(exported.one("s1", "a execute")));
  }

  @Test
  void an_event_that_comes_again_gives_no_span() {
    Instance instance = bookings.instance();
    instance.handle(start(Sagas.CHAIN, "s", REQUEST), start(Sagas.CHAIN, "s", REQUEST));
    instance.handle(start(Sagas.CHAIN, "s", REQUEST));
    bookings.instance().handle(start(Sagas.CHAIN, "s", REQUEST));
    assertThat(exported.told("s")).containsExactly("a execute completed_a completed");
  }

  @Test
  void a_batch_handlers_call_gives_each_saga_its_span_in_its_own_trace() {
    Instance instance = together(new DoneTogether(0));
    instance.handle(start(Sagas.CHAIN, "s", REQUEST), start(Sagas.CHAIN, "t"));
    assertThat(exported.told("s")).containsExactly("a execute completed_a completed");
    assertThat(exported.told("t")).containsExactly("a execute completed_a completed");
    assertThat(exported.one("s", "a execute").getTraceId()).isEqualTo(TRACE);
    assertThat(exported.one("t", "a execute").getTraceId()).isNotEqualTo(TRACE);
  }

  @Test
  void what_a_batch_handler_traces_is_within_a_span_that_is_linked_to_each_saga() {
    Instance instance = together(new DoneTogether(0));
    instance.handle(start(Sagas.CHAIN, "s", REQUEST), start(Sagas.CHAIN, "t"));
    SpanData call = named("a executeAll");
    assertThat(named("seats").getParentSpanId()).isEqualTo(call.getSpanId());
    assertThat(call.getParentSpanContext().isValid()).isFalse();
    assertThat(linked(call))
        .containsExactlyInAnyOrder(
            exported.one("s", "a execute").getSpanId(), exported.one("t", "a execute").getSpanId());
  }

  @Test
  void a_batch_handlers_call_for_one_saga_is_within_its_step() {
    together(new DoneTogether(0)).handle(start(Sagas.CHAIN, "s", REQUEST));
    assertThat(named("seats").getParentSpanId())
        .isEqualTo(exported.one("s", "a execute").getSpanId());
  }

  @Test
  void a_batch_handlers_call_that_is_undone_is_not_to_be_seen() {
    Instance instance = together(new DoneTogether(1));
    instance.handle(start(Sagas.CHAIN, "s", REQUEST), start(Sagas.CHAIN, "t"));
    assertThat(exported.told("s")).containsExactly("a execute completed_a completed");
    assertThat(exported.all()).extracting(SpanData::getName).contains("seats");
    assertThat(exported.all()).extracting(SpanData::getName).doesNotContain("a executeAll");
  }

  private Instance together(DoneTogether handler) {
    return new Instance(
        new JdbcJournal(bookings.database()),
        bookings.relay(),
        new Published(),
        hosted -> hosted.name().equals("a") ? handler : bookings.handler(hosted),
        Instance.OPTIONS,
        Clock.fixed(Instance.NOW, ZoneOffset.UTC),
        new Traces(exported.telemetry(), "tests"),
        List.of(Sagas.CHAIN));
  }

  private SpanData named(String name) {
    List<SpanData> found =
        exported.all().stream().filter(span -> span.getName().equals(name)).toList();
    assertThat(found).as(name).hasSize(1);
    return found.get(0);
  }

  @Test
  void each_try_is_a_span_beside_the_others_with_its_error() throws SQLException {
    Instance instance = bookings.instance(Instance.options(2, Duration.ofMinutes(1)));
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              throw new IllegalStateException("planted");
            });
    instance.handle(start(Sagas.CHAIN, "s", REQUEST));
    bookings.makeDue();
    bookings.instance(Instance.options(2, Duration.ofMinutes(1))).wake();
    assertThat(exported.told("s"))
        .containsExactly("a execute null retrying", "a execute failed_a exhausted");
    assertThat(exported.of("s"))
        .allMatch(span -> span.getParentSpanId().equals("00f067aa0ba902b7"))
        .allMatch(span -> span.getStatus().getStatusCode() == StatusCode.ERROR)
        .allMatch(span -> span.getStatus().getDescription().contains("planted"));
  }

  @Test
  void what_an_operator_does_to_a_parked_step_continues_its_trace() {
    Instance instance = bookings.instance(Instance.options(1, Duration.ZERO));
    bookings
        .handler("a")
        .undoing(
            "s",
            (completed, saga) -> {
              throw new IllegalStateException("planted");
            });
    instance.handle(start(Sagas.CHAIN, "s", REQUEST));
    instance.handle(instance.record(Sagas.CHAIN, Signal.failed(1), "s"));
    instance.handle(command(new Retry("s", "a", 1, "ann", "")));
    instance.handle(command(new Resolve("s", "a", 2, "ann", "by hand")));
    assertThat(exported.told("s"))
        .containsExactly(
            "a execute completed_a completed",
            "a compensate parked parked",
            "a compensate parked parked",
            "a resolve compensated_a resolved");
    assertThat(exported.of("s")).allMatch(span -> span.getTraceId().equals(TRACE));
    assertThat(exported.of("s").get(3).getParentSpanId())
        .isEqualTo(exported.of("s").get(2).getSpanId());
  }

  @Test
  void what_the_deadline_undoes_is_in_the_trace_of_its_saga() {
    SettableClock clock = new SettableClock(Instance.NOW);
    Instance instance = bookings.instance(Instance.OPTIONS, clock, clock);
    instance.handle(start(Sagas.CHAIN, "s", REQUEST));
    clock.set(Instance.DEADLINE.plusSeconds(1));
    instance.wake();
    assertThat(exported.told("s"))
        .containsExactly("a execute completed_a completed", "a cancel cancel deadline");
    SpanData cancel = exported.one("s", "a cancel");
    assertThat(cancel.getParentSpanId()).isEqualTo(exported.one("s", "a execute").getSpanId());
    run(instance);
    exported.isOneTraceAsCaused("s", headers("s"));
    assertThat(exported.told("s"))
        .contains("b fail failed_b deadline", "a compensate compensated_a compensated");
  }

  @Test
  void what_is_not_sampled_is_not_exported_and_says_so_to_the_next() {
    run(bookings.instance(), start(Sagas.CHAIN, "s", "00-" + TRACE + "-00f067aa0ba902b7-00"));
    assertThat(exported.all()).isEmpty();
    assertThat(headers("s"))
        .isNotEmpty()
        .allSatisfy(
            event ->
                assertThat(event.get(EventHeaders.TRACE_PARENT))
                    .startsWith("00-" + TRACE + "-")
                    .endsWith("-00"));
  }

  @Test
  void a_trace_context_that_is_none_is_ignored() {
    run(bookings.instance(), start(Sagas.CHAIN, "s", "00-1-2-01"));
    assertThat(exported.one("s", "a execute").getParentSpanContext().isValid()).isFalse();
    exported.isOneTraceAsCaused("s", headers("s"));
  }

  @Test
  void what_a_handler_traces_is_within_its_step() {
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              exported.telemetry().getTracer("author").spanBuilder("seat").startSpan().end();
              return Scripted.done(A, saga);
            });
    bookings.instance().handle(start(Sagas.CHAIN, "s", REQUEST));
    assertThat(named("seat").getParentSpanId())
        .isEqualTo(exported.one("s", "a execute").getSpanId());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_trace_state_goes_with_the_trace_through_events_journal_and_outbox(boolean traced) {
    bookings.tracedBy(traced ? new Traces(exported.telemetry(), "tests") : Tracing.PASSED_ON);
    SettableClock clock = new SettableClock(Instance.NOW);
    Instance instance = bookings.instance(Instance.OPTIONS, clock, clock);
    run(instance, bare("bare", REQUEST, STATE));
    instance.handle(start(Sagas.CHAIN, "s", REQUEST, STATE));
    instance.handle(start(Sagas.JOIN, "j", REQUEST, STATE));
    clock.set(Instance.DEADLINE.plusSeconds(1));
    instance.wake();
    run(instance);
    for (String saga : List.of("bare", "s", "j")) {
      assertThat(headers(saga))
          .as(saga)
          .hasSizeGreaterThan(3)
          .allSatisfy(
              event ->
                  assertThat(event)
                      .containsEntry(EventHeaders.TRACE_STATE, STATE)
                      .hasEntrySatisfying(
                          EventHeaders.TRACE_PARENT,
                          parent -> assertThat(parent).startsWith("00-" + TRACE).endsWith("-01")));
    }
  }

  @Test
  void where_a_trace_has_no_state_none_is_told() {
    run(bookings.instance(), start(Sagas.CHAIN, "s", REQUEST));
    assertThat(headers("s"))
        .hasSizeGreaterThan(2)
        .noneMatch(event -> event.containsKey(EventHeaders.TRACE_STATE));
  }

  @Test
  void a_trace_state_that_is_too_long_stays_behind_and_its_trace_goes_on() {
    run(bookings.instance(), start(Sagas.CHAIN, "s", REQUEST, "a=" + "x".repeat(2_000)));
    assertThat(headers("s")).noneMatch(event -> event.containsKey(EventHeaders.TRACE_STATE));
    assertThat(exported.one("s", "a execute").getTraceId()).isEqualTo(TRACE);
  }

  @Test
  void an_open_telemetry_that_does_nothing_passes_the_trace_on_unchanged() {
    bookings.tracedBy(new Traces(OpenTelemetry.noop(), "tests"));
    run(bookings.instance(), start(Sagas.CHAIN, "s", REQUEST));
    assertThat(headers("s"))
        .isNotEmpty()
        .allMatch(event -> REQUEST.equals(event.get(EventHeaders.TRACE_PARENT)));
  }

  /** Hands in records, and all that is published until nothing more is. */
  private static void run(Instance instance, Incoming... first) {
    if (first.length > 0) {
      instance.handle(first);
    }
    for (int i = 0; i < bookings.relay().published().size(); i++) {
      instance.handle(Instance.record(bookings.relay().published().get(i)));
    }
  }

  private static List<Map<String, String>> headers(String sagaId) {
    return bookings.relay().of(sagaId).stream().map(OutboxEvent::headers).toList();
  }

  private static List<String> linked(SpanData span) {
    return span.getLinks().stream()
        .map(LinkData::getSpanContext)
        .map(SpanContext::getSpanId)
        .toList();
  }

  private static String spanOf(OutboxEvent event) {
    return String.valueOf(event.headers().get(EventHeaders.TRACE_PARENT)).split("-", -1)[2];
  }

  private static Incoming start(Choreography choreography, String sagaId, String... context) {
    Map<String, byte[]> headers = new HashMap<>();
    headers.put(EventHeaders.CHOREOGRAPHY, bytes(choreography.id()));
    headers.put(EventHeaders.DEADLINE, bytes(Instance.DEADLINE.toString()));
    return traced(choreography, sagaId, headers, context);
  }

  private static Incoming bare(String sagaId, String... context) {
    Map<String, byte[]> headers = new HashMap<>();
    headers.put(EventHeaders.CHOREOGRAPHY, bytes(Sagas.CHAIN.id()));
    return traced(Sagas.CHAIN, sagaId, headers, context);
  }

  /** With a trace context: traceparent, then tracestate, as far as it has them. */
  private static Incoming traced(
      Choreography choreography, String sagaId, Map<String, byte[]> headers, String... context) {
    List<String> names = List.of(EventHeaders.TRACE_PARENT, EventHeaders.TRACE_STATE);
    for (int i = 0; i < context.length; i++) {
      headers.put(names.get(i), bytes(context[i]));
    }
    SpecificRecord event = Sagas.event(choreography, Signal.STARTED, sagaId);
    return bookings.instance().record(choreography, event, headers);
  }

  private static Incoming command(SpecificRecord event) {
    return bookings.instance().record(Sagas.CHAIN, event, Instance.DEADLINE);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Fails as often as it is to, and traces what it does. */
  private final class DoneTogether implements BatchStepHandler<SpecificRecord, SpecificRecord> {
    private int failures;

    DoneTogether(int failures) {
      this.failures = failures;
    }

    @Override
    public List<Outcome> executeAll(List<Request<SpecificRecord>> requests) {
      exported.telemetry().getTracer("author").spanBuilder("seats").startSpan().end();
      if (failures-- > 0) {
        throw new IllegalStateException("planted");
      }
      return requests.stream().map(request -> Scripted.done(A, request.saga())).toList();
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga) {
      throw new IllegalStateException("nothing is undone here");
    }
  }
}
