// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The command of a child JVM that runs a main class behind {@link GuardedMain}. */
record JavaProgram(
    JavaHome java,
    List<String> jvmOptions,
    String classPath,
    String mainClass,
    List<String> arguments) {

  /**
   * Other digits in addresses, and other rules for small letters, break the programs started here.
   */
  private static final List<String> ROOT_LOCALE =
      List.of("-Duser.language=en", "-Duser.country=US", "-Duser.script=", "-Duser.variant=");

  /**
   * @param classes where the few classes of this module that the child needs are copied to, so that
   *     its class path has no others
   */
  List<String> command(Path classes) throws IOException {
    copy(GuardedMain.class, classes);
    List<String> command = new ArrayList<>(ownSession());
    command.add(java.executable().toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"));
    command.addAll(ROOT_LOCALE);
    command.addAll(jvmOptions);
    command.addAll(
        List.of(
            "-cp",
            classPath + File.pathSeparator + classes,
            GuardedMain.class.getName(),
            mainClass));
    command.addAll(arguments);
    return command;
  }

  static void copy(Class<?> type, Path classes) throws IOException {
    Path file = classes.resolve(type.getName().replace('.', '/') + ".class");
    Files.createDirectories(file.getParent());
    try (InputStream in = Programs.resource(type.getSimpleName() + ".class")) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Keeps the terminal's Ctrl-C from the child, where the system can: it is for the parent, which
   * then stops its children in order.
   */
  static List<String> ownSession() {
    return Files.isExecutable(Path.of("/usr/bin/setsid")) ? List.of("/usr/bin/setsid") : List.of();
  }
}
