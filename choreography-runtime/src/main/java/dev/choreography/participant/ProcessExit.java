// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends the process after a fatal error, so that its supervisor starts it again. */
final class ProcessExit implements Consumer<Throwable> {

  static final ProcessExit INSTANCE = new ProcessExit();

  /** The status for an internal software error, EX_SOFTWARE in sysexits.h. */
  static final int STATUS = 70;

  private static final Logger LOG = LoggerFactory.getLogger(ProcessExit.class);

  /** Shutdown hooks may close a participant, which may take half a minute for each of its parts. */
  private static final long HOOKS_SECONDS = 90;

  private ProcessExit() {}

  @Override
  public void accept(Throwable error) {
    LOG.error("outcome=exit: the process exits with status {} after a fatal error", STATUS, error);
    Thread halt = new Thread(ProcessExit::haltLater, "halt");
    halt.setDaemon(true);
    halt.start();
    System.exit(STATUS);
  }

  private static void haltLater() {
    try {
      TimeUnit.SECONDS.sleep(HOOKS_SECONDS);
    } catch (InterruptedException e) {
      LOG.debug("halting at once", e);
    }
    Runtime.getRuntime().halt(STATUS);
  }
}
