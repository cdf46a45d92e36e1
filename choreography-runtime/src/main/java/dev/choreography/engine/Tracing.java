// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.Choreography;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Joins what steps do to traces, by W3C's trace context: a text, {@code traceparent} and, where it
 * has one, {@link #STATE} and {@code tracestate}. Called on the threads that do the work, several
 * at once: must be quick and must not throw.
 */
public interface Tracing {

  /** Between the two headers of a trace context; neither has such a character. */
  char STATE = '\t';

  /** Traces nothing, and passes on what came. */
  Tracing PASSED_ON =
      new Tracing() {
        @Override
        public Traced begin(Beginning beginning) {
          List<String> contexts = beginning.contexts();
          return new PassedOn(beginning.at(), contexts.isEmpty() ? null : contexts.get(0));
        }

        @Override
        public Traced start(Choreography choreography, String sagaId, Instant at) {
          return new PassedOn(at, null);
        }

        @Override
        public boolean together(
            HostedStep step, String what, List<Traced> begun, Journal.Attempt call)
            throws Exception {
          return call.run();
        }
      };

  /**
   * Begins the span of one thing that a step does. It is nowhere to be seen until it is ended,
   * which it is if and when its transaction has committed.
   */
  Traced begin(Beginning beginning);

  /**
   * What a saga that is started on this thread continues: what the thread is at, or a new trace.
   */
  Traced start(Choreography choreography, String sagaId, Instant at);

  /**
   * Makes a call of a batch handler, so that spans which it begins are within one that is linked to
   * those of its sagas, or is that of the only one. It may be seen if and when theirs may.
   *
   * @param what the method's name
   * @param begun for each saga
   */
  boolean together(HostedStep step, String what, List<Traced> begun, Journal.Attempt call)
      throws Exception;

  /**
   * One thing that a step does.
   *
   * @param step that does it
   * @param sagaId for which saga
   * @param what it does, such as {@code execute}
   * @param cause the id of the event that led to it, null where none did
   * @param contexts that it continues, as they came: the latest, which is its parent if it is
   *     valid, then what else it follows from
   * @param at when it began
   */
  record Beginning(
      HostedStep step,
      String sagaId,
      String what,
      @Nullable String cause,
      List<String> contexts,
      Instant at) {}

  /**
   * What came of it.
   *
   * @param event the type of the event that was emitted, null if none was
   * @param outcome that of the event, or the state that the step has come to
   * @param error of a handler that failed, null if none did
   * @param at when it ended
   */
  record End(@Nullable String event, String outcome, @Nullable String error, Instant at) {}

  /** One thing that a step does, as its trace has it. */
  interface Traced {

    /** When it began. */
    Instant started();

    /** The context that what is emitted carries, null where there is none. */
    @Nullable String context();

    /** Makes a call of a handler, so that spans which the handler begins are within this one. */
    boolean during(Journal.Attempt call) throws Exception;

    /** It is committed: the span may be seen. To be called once, or not at all. */
    void end(End end);
  }

  /**
   * None of its own.
   *
   * @param started when it began
   * @param context as it came
   */
  record PassedOn(Instant started, @Nullable String context) implements Traced {

    @Override
    public boolean during(Journal.Attempt call) throws Exception {
      return call.run();
    }

    @Override
    public void end(End end) {}
  }
}
