// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Runs another class' main in a child JVM, and halts it as soon as standard input ends, which is
 * when the parent is gone, also by {@code kill -9}. On the child's class path it comes after the
 * service, and uses nothing but the JDK.
 */
final class GuardedService {
  private GuardedService() {}

  /**
   * Runs and guards it.
   *
   * @param args the main class' name, then its arguments
   */
  public static void main(String[] args) throws ReflectiveOperationException {
    Thread guard = new Thread(GuardedService::haltAtEndOfInput, "parent-guard");
    guard.setDaemon(true);
    guard.start();
    Object arguments = Arrays.copyOfRange(args, 1, args.length);
    Class.forName(args[0]).getMethod("main", String[].class).invoke(null, arguments);
  }

  private static void haltAtEndOfInput() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // As good as its end.
    }
    Runtime.getRuntime().halt(1);
  }
}
