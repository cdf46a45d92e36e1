// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PartitionProgressTest {

  private static final TopicPartition ONE = new TopicPartition("t", 1);
  private static final TopicPartition OTHER = new TopicPartition("t", 2);

  private final AtomicLong nanos = new AtomicLong();
  private final PartitionProgress progress =
      new PartitionProgress(nanos::get, Duration.ofSeconds(5));

  @Test
  void a_partition_that_acknowledges_nothing_is_stalled_and_others_of_its_topic_are_not() {
    progress.begin(ONE);
    progress.begin(OTHER);
    pass(4);
    progress.end(OTHER, true);
    progress.begin(OTHER);
    assertThat(progress.isStalled(ONE)).isFalse();
    pass(1);
    assertThat(progress.isStalled(ONE)).isTrue();
    assertThat(progress.isStalled(OTHER)).isFalse();
  }

  @Test
  void a_partition_that_acknowledges_one_record_after_another_is_not_stalled() {
    progress.begin(ONE);
    for (int i = 0; i < 10; i++) {
      progress.begin(ONE);
      pass(4);
      progress.end(ONE, true);
      assertThat(progress.isStalled(ONE)).isFalse();
    }
  }

  @Test
  void a_stalled_partition_is_tried_again_when_all_of_its_records_have_ended() {
    progress.begin(ONE);
    progress.begin(ONE);
    pass(5);
    progress.end(ONE, false);
    assertThat(progress.isStalled(ONE)).as("one failed, the other is under way").isTrue();
    progress.end(ONE, false);
    assertThat(progress.isStalled(ONE)).isFalse();
    progress.begin(ONE);
    assertThat(progress.isStalled(ONE)).isFalse();
  }

  @Test
  void waiting_ends_with_what_was_sent_before_it_and_leaves_out_what_is_stalled() throws Exception {
    progress.begin(ONE);
    pass(5);
    progress.await();
    progress.begin(OTHER);
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(
            () -> {
              try {
                progress.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(waiting.isDone()).isFalse();
    progress.end(OTHER, true);
    waiting.get(1, TimeUnit.MINUTES);
  }

  private void pass(int seconds) {
    nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }
}
