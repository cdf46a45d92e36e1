// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
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
}
