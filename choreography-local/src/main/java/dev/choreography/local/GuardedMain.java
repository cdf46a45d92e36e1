// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Runs another class' main in a child JVM, and halts it as soon as standard input ends, which is
 * when the parent is gone, however it went. This file is copied out to the child's class path
 * alone: it may use nothing but the JDK and no nested class.
 */
final class GuardedMain {
  private GuardedMain() {}

  /**
   * @param args the main class' name, then its arguments
   */
  public static void main(String[] args) throws ReflectiveOperationException {
    Thread guard = new Thread(GuardedMain::haltAtEndOfInput, "parent-guard");
    guard.setDaemon(true);
    guard.start();
    Object arguments = Arrays.copyOfRange(args, 1, args.length);
    Class.forName(args[0]).getMethod("main", String[].class).invoke(null, arguments);
  }

  private static void haltAtEndOfInput() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException closed) {
      // As good as its end.
    }
    Runtime.getRuntime().halt(1);
  }
}
