// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

/** What the protocol promises of every saga, and how a broken promise is told. */
enum Promise {
  /**
   * When nothing is under way any more, either every step is completed and confirmed; or every root
   * has failed, was undone or skipped, and so were all steps that had completed.
   */
  ENDS_WHOLE,
  /** When every root has failed, was undone or skipped, no step's effect stands. */
  UNDONE_WHEN_ITS_ROOTS_ARE,
  /** A step is undone after all steps that followed it and had completed; none runs later. */
  UNDONE_AFTER_ITS_FOLLOWERS,
  /** A step is executed after all the steps it follows have completed. */
  EXECUTED_AFTER_ITS_PREDECESSORS,
  /** A step that was executed, failed, was undone or skipped is not executed. */
  EXECUTED_ONCE,
  /** What is undone has been executed and was not undone before. */
  UNDONE_ONCE_AND_ONLY_IF_EXECUTED,
  /** A saga of which a step is confirmed has nothing failed, skipped or undone, now or later. */
  CONFIRMED_FOR_GOOD,
  /** A saga whose sinks have all completed is not undone. */
  SUCCESS_STANDS,
  /** Hearing something again changes nothing. */
  DUPLICATES_CHANGE_NOTHING,
  /** After a few moves there is nothing to do until something else is heard. */
  COMES_TO_REST
}
