// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class ClusterOptionsTest {

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "KAFKA_BOOTSTRAP_SERVERS",
          "env:1",
          "SCHEMA_REGISTRY_URL",
          "http://env",
          "SAGA_CONFIG",
          "");

  private final Path folder;

  ClusterOptionsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Command
  static final class Any {
    @Mixin private final ClusterOptions options = new ClusterOptions();
  }

  private static Properties properties(Map<String, String> environment, String... arguments) {
    Any any = new Any();
    new CommandLine(any).parseArgs(arguments);
    Properties up = new Properties();
    up.setProperty(ClusterOptions.BOOTSTRAP, "up:1");
    up.setProperty(ClusterOptions.REGISTRY, "http://up");
    return any.options.properties(environment, () -> Optional.of(up));
  }

  @Test
  void an_option_counts_before_the_file_and_the_file_before_the_environment() throws Exception {
    Path file = folder.resolve("client.properties");
    Files.writeString(
        file, "bootstrap.servers=file:1\nschema.registry.url=http://file\nsecurity.protocol=SSL\n");
    assertThat(properties(ENVIRONMENT)).containsEntry(ClusterOptions.BOOTSTRAP, "env:1");
    assertThat(properties(ENVIRONMENT, "--config", file.toString(), "--bootstrap", "option:1"))
        .containsEntry(ClusterOptions.BOOTSTRAP, "option:1")
        .containsEntry(ClusterOptions.REGISTRY, "http://file")
        .containsEntry("security.protocol", "SSL");
    assertThat(properties(Map.of("SAGA_CONFIG", file.toString())))
        .containsEntry(ClusterOptions.BOOTSTRAP, "file:1");
  }

  @Test
  void a_running_up_is_found_where_nothing_is_said_and_never_mixed_with_others() {
    assertThat(properties(Map.of())).containsEntry(ClusterOptions.BOOTSTRAP, "up:1");
    assertThatThrownBy(() -> properties(Map.of(), "--bootstrap", "option:1"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("schema registry");
  }

  @Test
  void what_a_killed_up_left_behind_is_not_believed() throws Exception {
    UpState state = new UpState(folder.resolve("up.properties"));
    Properties addresses = new Properties();
    addresses.setProperty(ClusterOptions.BOOTSTRAP, "up:1");
    assertThat(state.read()).isEmpty();
    state.write(addresses);
    assertThat(state.read()).contains(addresses);
    Files.writeString(state.file(), "bootstrap.servers=up:1\npid=1\nbegun=long ago\n");
    assertThat(state.read()).isEmpty();
    state.delete();
    assertThat(state.read()).isEmpty();
  }
}
