// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaHomeTest {
  private final Path folder;

  JavaHomeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void the_named_java_is_taken_whatever_its_version() throws IOException {
    Path home = install("17.0.15");
    assertThat(
            JavaHome.forRegistry(
                Map.of(
                    "CHOREOGRAPHY_REGISTRY_JAVA",
                    home.toString(),
                    "JAVA_HOME",
                    install("25").toString())))
        .isEqualTo(new JavaHome(home, 17));
  }

  @Test
  void a_named_java_that_is_none_is_refused() {
    assertThatIllegalStateException()
        .isThrownBy(
            () -> JavaHome.forRegistry(Map.of("CHOREOGRAPHY_REGISTRY_JAVA", folder.toString())))
        .withMessageContaining(folder.toString());
  }

  @Test
  void java_home_comes_first_if_it_is_new_enough() throws IOException {
    Path home = install("21.0.9");
    assertThat(JavaHome.forRegistry(Map.of("JAVA_HOME", home.toString())))
        .isEqualTo(new JavaHome(home, 21));
  }

  @Test
  void a_java_home_that_is_too_old_is_passed_over() throws IOException {
    Path home = install("17.0.15");
    assertThat(JavaHome.forRegistry(Map.of("JAVA_HOME", home.toString())).home())
        .isNotEqualTo(home);
  }

  private Path install(String version) throws IOException {
    Path home = folder.resolve(version);
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.createFile(java);
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"Test\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home;
  }
}
