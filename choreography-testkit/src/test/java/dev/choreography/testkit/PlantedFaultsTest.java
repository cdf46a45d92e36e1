// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Retention;
import dev.choreography.engine.RowKey;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.State;
import dev.choreography.testkit.ForwardingJournal.Forwarding;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What the simulation is for: it finds what is broken. */
class PlantedFaultsTest {

  @Test
  void events_that_are_published_before_their_commit_are_found() {
    assertFound(
        new Parts() {
          @Override
          Journal journal(Journal sound, Relay relay) {
            return broken(
                sound,
                change ->
                    new Forwarding(change) {
                      @Override
                      public List<OutboxRow> append(List<OutboxEvent> events) {
                        List<OutboxRow> rows = super.append(events);
                        relay.publish(rows, id -> {});
                        return rows;
                      }
                    });
          }
        },
        "nothing in between");
  }

  @Test
  void offsets_that_decide_and_are_committed_before_the_database_are_found() {
    assertFound(
        new Parts() {
          @Override
          int position(long stored, int committed) {
            return committed;
          }

          @Override
          void read(Runnable handle, Runnable commitOffsets) {
            commitOffsets.run();
            handle.run();
          }
        },
        "nothing in between");
  }

  @Test
  void a_missing_sweeper_is_found() {
    assertFound(
        new Parts() {
          @Override
          Journal journal(Journal sound, Relay relay) {
            return new ForwardingJournal(sound, change -> change) {
              @Override
              public Swept sweep(Relay swept, Published published, long after, int limit) {
                return Swept.nothing(after, Duration.ZERO);
              }
            };
          }
        },
        "nothing in between");
  }

  @Test
  void a_lost_outbox_is_found() {
    assertFound(
        brokenJournal(
            change ->
                new Forwarding(change) {
                  @Override
                  public List<OutboxRow> append(List<OutboxEvent> events) {
                    List<OutboxRow> rows = super.append(events);
                    super.forget(rows.stream().map(OutboxRow::id).toList());
                    return rows;
                  }
                }),
        "nothing in between");
  }

  @Test
  void a_deadlock_that_is_taken_for_a_failure_is_found() {
    assertFound(
        brokenJournal(
            change ->
                new Forwarding(change) {
                  @Override
                  public void attempt(Journal.Attempt attempt) throws HandlerFailure {
                    try {
                      super.attempt(attempt);
                    } catch (Trouble deadlock) {
                      throw new HandlerFailure(deadlock);
                    }
                  }
                }),
        "nothing without cause");
  }

  @Test
  void lost_timers_are_found() {
    assertFound(
        brokenJournal(
            change ->
                new Forwarding(change) {
                  @Override
                  public SortedMap<RowKey, JournalRow> lockLate(
                      Collection<Journal.StepVersion> steps,
                      Instant after,
                      Instant upTo,
                      int limit) {
                    return new TreeMap<>();
                  }
                }),
        "deadlines are kept");
  }

  @Test
  void lost_retries_are_found() {
    assertFound(
        brokenJournal(
            change ->
                new Forwarding(change) {
                  @Override
                  public SortedMap<RowKey, JournalRow> lockDue(
                      Collection<Journal.StepVersion> steps, int limit) {
                    return new TreeMap<>();
                  }
                }),
        "nothing in between");
  }

  @Test
  void a_row_that_is_purged_while_its_events_may_still_come_is_found() {
    assertFound(
        brokenJournal(
            change ->
                new Forwarding(change) {
                  @Override
                  public void save(Collection<JournalRow> rows) {
                    super.save(rows.stream().map(PlantedFaultsTest::purged).toList());
                  }
                }),
        "nothing twice");
  }

  @Test
  void a_purged_row_that_comes_alive_is_found() {
    assertFound(
        new Parts() {
          @Override
          Retention forgets(Retention sound) {
            return Retention.FOREVER;
          }
        },
        "nothing in between");
  }

  @Test
  void rows_that_each_instance_remembers_are_found_where_there_are_two() {
    Parts remembering =
        new Parts() {
          @Override
          Journal journal(Journal sound, Relay relay) {
            return remembering(sound, new HashMap<>());
          }
        };

    assertFound(remembering, "nothing in between");

    Simulation.Report alone =
        Simulation.defaults()
            .withFaults(Faults.usual().withRebalances(0))
            .with(remembering)
            .run(Trips.CHAIN, Trips::chain);
    assertThat(alone.completed()).as("one instance remembers what is so").isPositive();
  }

  @Test
  void a_timer_that_only_its_own_instance_takes_up_is_found_where_there_are_two() {
    Map<Journal, Set<RowKey>> ownedBy = new HashMap<>();
    assertFound(
        new Parts() {
          @Override
          Journal journal(Journal sound, Relay relay) {
            return broken(sound, change -> new OwnTimers(change, owned(sound)));
          }

          private Set<RowKey> owned(Journal sound) {
            return ownedBy.computeIfAbsent(sound, instance -> new HashSet<>());
          }
        },
        "comes to rest");
  }

  /** What is locked is taken from memory where it is there, as if nobody else wrote. */
  private static Journal remembering(Journal sound, Map<RowKey, JournalRow> remembered) {
    return broken(
        sound,
        change ->
            new Forwarding(change) {
              private Collection<JournalRow> saved = List.of();

              @Override
              public SortedMap<RowKey, JournalRow> lock(
                  SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
                SortedMap<RowKey, JournalRow> rows = super.lock(wanted, likelyNew);
                rows.replaceAll(remembered::getOrDefault);
                return rows;
              }

              @Override
              public void save(Collection<JournalRow> rows) {
                super.save(rows);
                saved = rows;
              }

              @Override
              public void commit() {
                // Nobody knows what came of a commit that fails.
                saved.forEach(row -> remembered.remove(row.key()));
                super.commit();
                saved.forEach(row -> remembered.put(row.key(), row));
              }
            });
  }

  /** Takes up only those rows that the same instance saved. */
  private static final class OwnTimers extends Forwarding {
    private final Set<RowKey> own;

    OwnTimers(Journal.Transaction sound, Set<RowKey> own) {
      super(sound);
      this.own = own;
    }

    @Override
    public void save(Collection<JournalRow> rows) {
      super.save(rows);
      rows.forEach(row -> own.add(row.key()));
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockDue(Collection<Journal.StepVersion> steps, int limit) {
      return ofOwn(super.lockDue(steps, limit));
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockLate(
        Collection<Journal.StepVersion> steps, Instant after, Instant upTo, int limit) {
      return ofOwn(super.lockLate(steps, after, upTo, limit));
    }

    private SortedMap<RowKey, JournalRow> ofOwn(SortedMap<RowKey, JournalRow> rows) {
      rows.keySet().retainAll(own);
      return rows;
    }
  }

  /** A row of state NONE is deleted. */
  private static JournalRow purged(JournalRow row) {
    return row.state() == State.FAILED
            || row.state() == State.COMPENSATED
            || row.state() == State.CONFIRMED
        ? JournalRow.fresh(row.key(), row.version(), row.deadline())
        : row;
  }

  private static Parts brokenJournal(UnaryOperator<Journal.Transaction> fault) {
    return new Parts() {
      @Override
      Journal journal(Journal sound, Relay relay) {
        return broken(sound, fault);
      }
    };
  }

  private static Journal broken(Journal sound, UnaryOperator<Journal.Transaction> fault) {
    return new ForwardingJournal(sound, fault);
  }

  private static void assertFound(Parts broken, String guarantee) {
    Simulation simulation = Simulation.defaults().withSagas(50_000).with(broken);

    ViolationError violation = violation(simulation);

    assertThat(violation.guarantee()).as(violation.getMessage()).isEqualTo(guarantee);
    ViolationError again = violation(simulation.withSeed(violation.seed()).withSagas(100));
    assertThat(again.seed()).isEqualTo(violation.seed());
    assertThat(again).hasMessage(violation.getMessage());
  }

  private static ViolationError violation(Simulation simulation) {
    ViolationError violation =
        catchThrowableOfType(ViolationError.class, () -> simulation.run(Trips.CHAIN, Trips::chain));
    assertThat(violation).as("what is broken was not found").isNotNull();
    return violation;
  }
}
