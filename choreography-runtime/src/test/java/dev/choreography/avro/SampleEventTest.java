// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.testevents.EveryType;
import dev.choreography.testevents.EveryTypeKind;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The event that has a schema registered before there is one to publish. */
class SampleEventTest {

  @Test
  void a_sample_is_made_of_every_type() {
    EventClasses.trust(List.of(EveryType.class));
    EveryType sample = (EveryType) SampleEvent.of(EveryType.class);
    assertThat(sample.getSagaId()).isEmpty();
    assertThat(sample.getMoney()).isEqualTo(new BigDecimal("0.00"));
    assertThat(sample.getDay()).isEqualTo(LocalDate.EPOCH);
    assertThat(sample.getKind()).isEqualTo(EveryTypeKind.ONE);
    assertThat(sample.getEither()).isEqualTo(0);
    assertThat(sample.getPerhaps()).isNull();
  }
}
