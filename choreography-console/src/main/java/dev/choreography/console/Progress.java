// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.tracker.NotYetException;
import dev.choreography.console.tracker.Tracked;
import dev.choreography.console.web.EventStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells whoever listens for a saga each time that it has got further, also where that changes no
 * status. It costs a look at each saga that somebody listens for, and nothing for all the others;
 * what comes between two looks is told at once. For one thread.
 */
final class Progress {

  /** Where summaries are read. */
  interface Sagas {
    /** A saga's, none if it is not known. */
    Optional<Tracked> saga(String choreography, String saga);
  }

  private final Sagas sagas;
  private final Supplier<List<Declaration>> declarations;
  private final EventStream stream;
  private final Map<String, Integer> told = new HashMap<>();

  Progress(Sagas sagas, Supplier<List<Declaration>> declarations, EventStream stream) {
    this.sagas = sagas;
    this.declarations = declarations;
    this.stream = stream;
  }

  /** What is listened for to hear of a saga; choreographies have no slash in their names. */
  static boolean isSubject(String subject) {
    return subject.matches("[a-z][a-z0-9_]*/.+");
  }

  void look() {
    Set<String> subjects = stream.subjects();
    told.keySet().retainAll(subjects);
    for (String subject : subjects) {
      int slash = subject.indexOf('/');
      try {
        tell(subject, sagas.saga(subject.substring(0, slash), subject.substring(slash + 1)));
      } catch (NotYetException e) {
        return; // with the next look
      }
    }
  }

  private void tell(String subject, Optional<Tracked> found) {
    if (found.isEmpty()) {
      return;
    }
    Tracked saga = found.get();
    Integer before = told.put(subject, saga.events());
    if (before == null || before != saga.events()) {
      stream.tell(subject, "progress", new SagaLine(declarations.get()).json(saga).toString());
    }
  }
}
