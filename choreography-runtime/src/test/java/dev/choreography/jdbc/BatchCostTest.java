// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Published;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a step costs where many come together: counts, which no machine changes. A change that does
 * for each saga what could be done once for a batch turns this red.
 */
@ExtendWith(RealPrograms.class)
class BatchCostTest {

  private static final int SAGAS = 500;
  private static final int BATCHES = 10;
  private static final double STEPS = (double) SAGAS * BATCHES;
  private static final Signal SUCCEEDED = Signal.completed(2);

  private static Bookings bookings;

  private final AtomicLong statements = new AtomicLong();
  private final AtomicLong commits = new AtomicLong();

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "batch_cost");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
  }

  @Test
  void a_batch_costs_a_few_statements_and_one_commit_however_many_sagas_it_has() {
    Instance instance = instance(new DoneTogether());
    instance.handle(batch(instance, Signal.STARTED, -1));
    reset();
    runAll(instance, Signal.STARTED);
    assertThat(statements.get() / STEPS).as("statements a step").isLessThanOrEqualTo(0.05);
    assertThat(commits.get() / STEPS).as("commits a step").isLessThanOrEqualTo(0.01);
    reset();
    runAll(instance, SUCCEEDED);
    assertThat(statements.get() / STEPS).as("statements a confirm").isLessThanOrEqualTo(0.05);
    assertThat(commits.get() / STEPS).as("commits a confirm").isLessThanOrEqualTo(0.01);
  }

  @Test
  void a_batch_handler_is_called_once_for_a_batch() {
    DoneTogether handler = new DoneTogether();
    runAll(instance(handler), Signal.STARTED);
    assertThat(handler.calls).hasValue(BATCHES);
  }

  @Test
  void a_single_handler_adds_its_own_statement_and_no_savepoint() {
    Instance instance =
        instance(
            new Scripted(
                Sagas.CHAIN.step("a"),
                (request, saga) -> {
                  Bookings.take(saga, Sagas.CHAIN.step("a"));
                  return Scripted.done(Sagas.CHAIN.step("a"), saga);
                },
                (completed, saga) -> {}));
    runAll(instance, Signal.STARTED);
    assertThat(statements.get() / STEPS).isLessThanOrEqualTo(1.05);
  }

  /** Measured at 12 KB on Java 17: decoding, rows, headers, and what the driver makes of them. */
  @Test
  void a_step_allocates_no_more_than_it_did() {
    Instance instance = instance(new DoneTogether());
    for (int i = -5; i < 0; i++) {
      instance.handle(batch(instance, Signal.STARTED, i));
    }
    List<Incoming[]> batches =
        IntStream.range(0, BATCHES).mapToObj(i -> batch(instance, Signal.STARTED, i)).toList();
    long before = allocated();
    batches.forEach(instance::handle);
    assertThat((allocated() - before) / STEPS).as("bytes a step").isLessThan(16 * 1024);
  }

  private void runAll(Instance instance, Signal signal) {
    for (int i = 0; i < BATCHES; i++) {
      instance.handle(batch(instance, signal, i));
    }
  }

  private static Incoming[] batch(Instance instance, Signal signal, int number) {
    return IntStream.range(0, SAGAS)
        .mapToObj(i -> instance.record(Sagas.CHAIN, signal, "s" + (number * SAGAS + i)))
        .toArray(Incoming[]::new);
  }

  private void reset() {
    statements.set(0);
    commits.set(0);
  }

  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds())).sum();
  }

  private Instance instance(StepHandler<SpecificRecord, SpecificRecord> handler) {
    return new Instance(
        new JdbcJournal(counted(bookings.database())),
        bookings.relay(),
        new Published(),
        step -> step.name().equals("a") ? handler : bookings.handler(step),
        Sagas.CHAIN);
  }

  private DataSource counted(DataSource source) {
    return around(DataSource.class, source);
  }

  /** Whatever leads to a statement is looked at, too. */
  private <T> T around(Class<T> type, Object to) {
    return type.cast(
        Proxy.newProxyInstance(
            BatchCostTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              statements.addAndGet(method.getName().startsWith("execute") ? 1 : 0);
              commits.addAndGet(method.getName().equals("commit") ? 1 : 0);
              try {
                return counting(method.getReturnType(), method.invoke(to, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private @Nullable Object counting(Class<?> type, @Nullable Object made) {
    boolean looked = Statement.class.isAssignableFrom(type) || type == Connection.class;
    return made == null || !looked ? made : around(type, made);
  }

  private static final class DoneTogether
      implements BatchStepHandler<SpecificRecord, SpecificRecord> {
    private final Step step = Sagas.CHAIN.step("a");
    private final AtomicInteger calls = new AtomicInteger();

    @Override
    public List<Outcome> executeAll(List<Request<SpecificRecord>> requests) throws SQLException {
      calls.incrementAndGet();
      Connection connection = requests.get(0).saga().connection();
      try (Statement statement = connection.createStatement()) {
        statement.execute("SELECT 1");
      }
      return requests.stream().map(request -> Scripted.done(step, request.saga())).toList();
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga) {
      throw new IllegalStateException("nothing is undone here");
    }
  }
}
