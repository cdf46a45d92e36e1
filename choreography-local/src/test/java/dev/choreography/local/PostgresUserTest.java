// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresUserTest {

  @Test
  void a_folder_that_lets_nobody_in_is_named_with_its_mode(@TempDir Path temporary)
      throws Exception {
    assumeTrue(Integer.valueOf(0).equals(Files.getAttribute(temporary, "unix:uid")), "not root");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv");
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path closed = Files.createDirectory(temporary.resolve("closed"));
    Path root = Files.createDirectory(closed.resolve("root"));
    Path data = Files.createDirectory(root.resolve("postgres"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(() -> PostgresUser.NOBODY.prepare(root, data, Path.of("/bin/sh")))
        .hasMessageContaining("it may not enter " + closed + ", whose mode is rwx------")
        .hasMessageContaining("chmod o+x");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwxr-xr-x"));
    PostgresUser.NOBODY.prepare(root, data, Path.of("/bin/sh"));
  }
}
