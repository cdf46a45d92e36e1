// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.BatchStepHandler;
import dev.choreography.Step;
import dev.choreography.StepHandler;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether a handler fits the step it is to handle, as far as its class tells. */
public final class HandlerCheck {

  private static final Set<Type> HANDLERS = Set.of(StepHandler.class, BatchStepHandler.class);

  private HandlerCheck() {}

  /** Adds a sentence for each thing that does not fit. */
  public static void check(Step step, StepHandler<?, ?> handler, Collection<String> problems) {
    String who = "step %s, handler %s".formatted(step.name(), handler.getClass().getName());
    boolean undoes = overrides(handler.getClass(), "compensate");
    if (step.compensated() != null && !undoes) {
      problems.add(who + ": the step can be told to undo, override compensate");
    }
    if (step.compensated() == null && undoes) {
      problems.add(who + ": the step is never told to undo, remove compensate");
    }
    typeArguments(handler.getClass())
        .ifPresent(
            types -> {
              expect(who, "request", types.get(0), step.after().get(0).type(), problems);
              expect(who, "completed event", types.get(1), step.completed().type(), problems);
            });
  }

  private static void expect(
      String who, String what, Type found, Class<?> declared, Collection<String> problems) {
    if (found instanceof Class<?> type && !type.isAssignableFrom(declared)) {
      problems.add(
          "%s: its %s is %s, the declaration says %s"
              .formatted(who, what, type.getSimpleName(), declared.getSimpleName()));
    }
  }

  /** Whether a handler has something to do when the saga has completed. */
  static boolean confirms(StepHandler<?, ?> handler) {
    return overrides(handler.getClass(), "confirm") || overrides(handler.getClass(), "confirmAll");
  }

  /** Whether a handler's class overrides one of the optional methods. */
  private static boolean overrides(Class<?> type, String optional) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getName().equals(optional) && !method.isBridge())
        .map(Method::getDeclaringClass)
        .anyMatch(declaring -> !HANDLERS.contains(declaring));
  }

  /** What the class says of {@code StepHandler<I, C>}; a lambda says nothing. */
  private static Optional<List<Type>> typeArguments(Class<?> type) {
    for (Class<?> current = type; current != null; current = current.getSuperclass()) {
      for (Type implemented : current.getGenericInterfaces()) {
        if (implemented instanceof ParameterizedType parameterized
            && HANDLERS.contains(parameterized.getRawType())) {
          return Optional.of(List.of(parameterized.getActualTypeArguments()));
        }
      }
    }
    return Optional.empty();
  }
}
