// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LocalOptionsTest {
  @Test
  void a_port_that_is_none_is_refused_by_name() {
    LocalOptions options = LocalOptions.defaults();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withKafkaPort(65_536))
        .withMessageContaining("kafkaPort is 65536");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withRegistryPort(-1))
        .withMessageContaining("registryPort is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withPostgresPort(-1))
        .withMessageContaining("postgresPort is -1");
  }

  @Test
  void no_patience_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LocalOptions.defaults().withPatience(Duration.ZERO))
        .withMessageContaining("PT0S");
  }

  @Test
  void each_option_is_changed_alone() {
    Path folder = Path.of("data");
    Consumer<String> progress = line -> {};
    LocalOptions options =
        LocalOptions.defaults()
            .withDataFolder(folder)
            .withKafkaPort(1)
            .withRegistryPort(2)
            .withPostgresPort(3)
            .withDurablePostgres()
            .withPatience(Duration.ofSeconds(4))
            .withKafkaListeners(List.of(5))
            .withProgress(progress);
    assertThat(options)
        .isEqualTo(
            new LocalOptions(folder, 1, 2, 3, true, Duration.ofSeconds(4), List.of(5), progress));
  }
}
