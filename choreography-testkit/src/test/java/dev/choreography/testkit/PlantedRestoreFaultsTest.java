// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.choreography.Choreography;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Position;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.testkit.ForwardingJournal.Forwarding;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The simulation finds what skips rows, remembers counts, or trusts a restored database. */
class PlantedRestoreFaultsTest {

  @Test
  void a_sweep_that_keeps_a_floor_is_found_by_a_transaction_that_commits_late() {
    assertFound(
        new Parts() {
          @Override
          Journal journal(Journal sound, Relay relay) {
            return new Floor(sound);
          }
        },
        "nothing in between");
  }

  @Test
  void counts_that_are_remembered_from_the_start_are_found_by_topics_that_grow() {
    Parts remembering =
        new Parts() {
          @Override
          Counts counts() {
            return new Counts() {
              @Override
              void isOld(Bus.Log log) {
                // It goes by what it has read once.
              }
            };
          }

          @Override
          Incoming seen(Incoming record) {
            return withoutAdoption(record);
          }
        };

    assertFound(remembering, "nothing twice");
    assertSound(Faults.usual().withGrowths(0), remembering);
  }

  @Test
  void an_adopted_copy_that_is_adopted_again_off_its_partition_is_found_by_topics_that_grow() {
    assertFound(
        new Parts() {
          @Override
          Incoming seen(Incoming record) {
            return withoutAdoption(record);
          }
        },
        "nothing twice");
  }

  @Test
  void a_participant_that_reads_where_its_group_has_read_is_found_by_a_restored_database() {
    assertFoundRestored(
        new Parts() {
          @Override
          int position(long stored, int committed) {
            return committed;
          }
        });
  }

  @Test
  void an_instance_that_writes_positions_over_lower_ones_is_found_by_a_restored_database() {
    assertFoundRestored(
        brokenJournal(
            change ->
                new Forwarding(change) {
                  @Override
                  public void advance(Collection<Position> positions) {
                    super.advance(
                        positions.stream()
                            .map(
                                position ->
                                    new Position(
                                        position.topic(),
                                        position.topicId(),
                                        position.partition(),
                                        position.next()))
                            .toList());
                  }
                }));
  }

  @Test
  void an_instance_that_notices_only_with_the_next_record_is_found_by_a_restored_database() {
    assertFoundRestored(
        new Parts() {
          @Override
          boolean looksForPositions() {
            return false;
          }
        });
  }

  @Test
  void acknowledged_numbers_that_delete_new_rows_are_found_by_a_restored_database() {
    // A late acknowledgement deletes a row that the reply to its commit has kept from the relay.
    assertFoundRestored(
        Trips.RESTORED.withDelays(0.3).withTroubles(0.05),
        new Parts() {
          @Override
          Journal journal(Journal sound, Relay relay) {
            return new ByNumberAlone(sound);
          }
        });
  }

  /** Takes whatever is below the highest number that was given for done, once nothing is left. */
  private static final class Floor extends ForwardingJournal {
    private final Highest highest;
    private long floor;

    Floor(Journal sound) {
      this(sound, new Highest());
    }

    private Floor(Journal sound, Highest highest) {
      super(sound, change -> new Numbered(change, highest));
      this.highest = highest;
    }

    @Override
    public Swept sweep(Relay relay, Published published, long after, int limit) {
      Swept swept = super.sweep(relay, published, Math.max(after, floor), limit);
      if (swept.rows() == 0) {
        floor = highest.id.number();
      }
      return swept;
    }
  }

  /** Forgets rows by their numbers, whichever table gave them. */
  private static final class ByNumberAlone extends ForwardingJournal {
    private final Highest highest;

    ByNumberAlone(Journal sound) {
      this(sound, new Highest());
    }

    private ByNumberAlone(Journal sound, Highest highest) {
      super(
          sound,
          change ->
              new Numbered(change, highest) {
                @Override
                public void forget(Collection<OutboxId> published) {
                  super.forget(highest.here(published));
                }
              });
      this.highest = highest;
    }

    @Override
    public void forget(Collection<OutboxId> published) {
      super.forget(highest.here(published));
    }
  }

  /** Remembers the last row that it has written. */
  private static final class Highest {
    private OutboxId id = new OutboxId(0, 0);

    List<OutboxId> here(Collection<OutboxId> published) {
      return published.stream().map(row -> new OutboxId(id.table(), row.number())).toList();
    }
  }

  private static class Numbered extends Forwarding {
    private final Highest highest;

    Numbered(Journal.Transaction sound, Highest highest) {
      super(sound);
      this.highest = highest;
    }

    @Override
    public List<OutboxRow> append(List<OutboxEvent> events) {
      List<OutboxRow> rows = super.append(events);
      rows.forEach(row -> highest.id = row.id());
      return rows;
    }
  }

  /** A complete start that looks misplaced is taken for one that nobody has adopted. */
  private static Incoming withoutAdoption(Incoming record) {
    return record.misplaced() && record.topic().equals(Trips.CHAIN.start().topic())
        ? new Incoming(
            record.topic(),
            record.partition(),
            record.offset(),
            record.timestamp(),
            record.received(),
            record.key(),
            record.value(),
            name -> null,
            true)
        : record;
  }

  private static Parts brokenJournal(UnaryOperator<Journal.Transaction> fault) {
    return new Parts() {
      @Override
      Journal journal(Journal sound, Relay relay) {
        return new ForwardingJournal(sound, fault);
      }
    };
  }

  private static void assertFound(Parts broken, String guarantee) {
    assertFound(
        Simulation.defaults().withSagas(50_000).with(broken), Trips.CHAIN, Trips::chain, guarantee);
  }

  private static void assertFoundRestored(Parts broken) {
    assertFoundRestored(Trips.RESTORED, broken);
  }

  private static void assertFoundRestored(Faults faults, Parts broken) {
    assertFound(
        Simulation.defaults().withSagas(50_000).withFaults(faults).with(broken),
        Trips.FORKED,
        Trips::repeatable,
        "nothing in between");
  }

  private static void assertFound(
      Simulation simulation, Choreography choreography, Consumer<World> world, String guarantee) {
    ViolationError violation = violation(simulation, choreography, world);

    assertThat(violation.guarantee()).as(violation.getMessage()).isEqualTo(guarantee);
    ViolationError again =
        violation(simulation.withSeed(violation.seed()).withSagas(100), choreography, world);
    assertThat(again).hasMessage(violation.getMessage());
  }

  private static ViolationError violation(
      Simulation simulation, Choreography choreography, Consumer<World> world) {
    ViolationError violation =
        catchThrowableOfType(ViolationError.class, () -> simulation.run(choreography, world));
    assertThat(violation).as("what is broken was not found").isNotNull();
    return violation;
  }

  private static void assertSound(Faults faults, Parts parts) {
    Simulation.Report report =
        Simulation.defaults().withFaults(faults).with(parts).run(Trips.CHAIN, Trips::chain);
    assertThat(report.completed()).isPositive();
  }
}
