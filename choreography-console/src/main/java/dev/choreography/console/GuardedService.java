// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * Runs another class' main in a child JVM, and halts it as soon as standard input ends, which is
 * when the parent is gone, also by {@code kill -9}. This file alone is copied out to the child's
 * class path: at run time there it uses nothing but the JDK and no nested class.
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

  /** Copies this class into a folder for a child's class path. */
  static void copyTo(Path folder) throws IOException {
    Path file = folder.resolve(GuardedService.class.getName().replace('.', '/') + ".class");
    Files.createDirectories(file.getParent());
    try (InputStream in = GuardedService.class.getResourceAsStream("GuardedService.class")) {
      if (in == null) {
        throw new IOException("the class path has no GuardedService.class");
      }
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
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
