// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C (SIGINT) and SIGTERM. The thread at work is interrupted, and this JVM ends when that
 * thread has put everything away; the exit code is the signal's, 130 or 143.
 */
final class Interruption {

  private static final long SECONDS_TO_CLOSE = 60;

  private final Thread worker = Thread.currentThread();
  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean closing;
  private boolean interrupted;

  private Interruption() {}

  /** What can be interrupted, up to the moment when it says that it closes. */
  interface Work {
    boolean run(Interruption interruption) throws Exception;
  }

  /** Does the work on this thread. */
  static boolean guard(Work work) throws Exception {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(interruption::signalled, "interruption"));
    try {
      return work.run(interruption);
    } finally {
      interruption.ended.countDown();
    }
  }

  /** To be called before things are closed: from now on nothing interrupts the thread. */
  synchronized void closing() {
    closing = true;
    Thread.interrupted();
  }

  /** Whether the end was asked for. */
  synchronized boolean wasInterrupted() {
    return interrupted;
  }

  private void signalled() {
    synchronized (this) {
      if (!closing) {
        interrupted = true;
        worker.interrupt();
      }
    }
    try {
      ended.await(SECONDS_TO_CLOSE, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
