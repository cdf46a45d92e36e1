// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

/**
 * How often what goes wrong, as shares from 0 to 1. Every fault is drawn from the seed and the saga
 * it befalls, so the same seed brings the same faults.
 *
 * @param crashes of the sagas that a transaction handles: the participant dies before it commits,
 *     or before all is published, or before the offsets are, and comes back a while later
 * @param troubles of the sagas that a transaction handles: the database ends it as a deadlock does,
 *     or commits it and the reply is lost
 * @param errors of the calls of handlers: they throw when all is done, this time and up to six more
 * @param duplicates of the published events: they are there twice, the second time perhaps later
 * @param delays of the published events: they are there later, up to half a minute
 * @param absences of the participants in each round: for up to a minute, or until the deadlines are
 *     over
 * @param cancels of the sagas: an operator cancels them, at any moment and perhaps twice
 * @param deadlines of the sagas: their deadline passes while they run
 * @param rebalances of the records that an instance reads while its participant has two, as half of
 *     them have in each round unless the share is 0: its partitions go to the other one in the
 *     midst of its work, which it finishes nevertheless; or they are divided anew
 * @param callers of the sagas: an application starts them in a transaction of a participant's
 *     database, which stays open for up to a minute while others commit, and then commits, is
 *     rolled back, or never comes back
 * @param growths of the rounds: the topics get more partitions while all participants run, all
 *     topics one after another or one of them alone, and clients learn of it up to a minute later
 * @param restores of the participants in each round: a backup of the database is put back, up to 20
 *     seconds after it was taken, while the topics keep all that was published; an instance goes on
 *     or starts anew
 */
public record Faults(
    double crashes,
    double troubles,
    double errors,
    double duplicates,
    double delays,
    double absences,
    double cancels,
    double deadlines,
    double rebalances,
    double callers,
    double growths,
    double restores) {

  /**
   * Validates.
   *
   * @throws IllegalArgumentException if a share is not from 0 to 1
   */
  public Faults {
    check("crashes", crashes);
    check("troubles", troubles);
    check("errors", errors);
    check("duplicates", duplicates);
    check("delays", delays);
    check("absences", absences);
    check("cancels", cancels);
    check("deadlines", deadlines);
    check("rebalances", rebalances);
    check("callers", callers);
    check("growths", growths);
    check("restores", restores);
  }

  /** Nothing goes wrong, and yet events of different topics and partitions overtake each other. */
  public static Faults none() {
    return new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** All of it, each rarely enough that a saga meets one or two. */
  public static Faults usual() {
    return new Faults(0.001, 0.001, 0.01, 0.02, 0.02, 0.2, 0.05, 0.02, 0.002, 0.05, 0.1, 0);
  }

  /** These with other crashes. */
  public Faults withCrashes(double share) {
    return with(0, share);
  }

  /** These with other troubles of the database. */
  public Faults withTroubles(double share) {
    return with(1, share);
  }

  /** These with other errors of handlers. */
  public Faults withErrors(double share) {
    return with(2, share);
  }

  /** These with other duplicates. */
  public Faults withDuplicates(double share) {
    return with(3, share);
  }

  /** These with other delays. */
  public Faults withDelays(double share) {
    return with(4, share);
  }

  /** These with other absences. */
  public Faults withAbsences(double share) {
    return with(5, share);
  }

  /** These with other cancels. */
  public Faults withCancels(double share) {
    return with(6, share);
  }

  /** These with other deadlines. */
  public Faults withDeadlines(double share) {
    return with(7, share);
  }

  /** These with other rebalances; 0 leaves each participant with one instance. */
  public Faults withRebalances(double share) {
    return with(8, share);
  }

  /** These with other callers' transactions. */
  public Faults withCallers(double share) {
    return with(9, share);
  }

  /** These with other growths of the topics. */
  public Faults withGrowths(double share) {
    return with(10, share);
  }

  /** These with other restores of databases. */
  public Faults withRestores(double share) {
    return with(11, share);
  }

  private Faults with(int component, double share) {
    double[] all = {
      crashes,
      troubles,
      errors,
      duplicates,
      delays,
      absences,
      cancels,
      deadlines,
      rebalances,
      callers,
      growths,
      restores
    };
    all[component] = share;
    return new Faults(
        all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8], all[9], all[10],
        all[11]);
  }

  private static void check(String name, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("%s is %s, a share from 0 to 1".formatted(name, share));
    }
  }
}
