// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.trace.Declaration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.state.HostInfo;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClosingTest {

  /** A pause before trying again takes two seconds. */
  private static final Duration AT_ONCE = Duration.ofSeconds(1);

  /** A cluster that does not answer. */
  private static final class Away implements Sources {

    private final CountDownLatch asked = new CountDownLatch(1);

    private RuntimeException away() {
      asked.countDown();
      return new TimeoutException("nobody answers");
    }

    private void awaitAsked() throws InterruptedException {
      assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public Map<String, Object> properties() {
      return Map.of();
    }

    @Override
    public List<Declaration> declarations() {
      throw away();
    }

    @Override
    public Map<String, Integer> partitions(Collection<String> topics) {
      throw away();
    }

    @Override
    public Duration kept(Collection<String> topics) {
      throw away();
    }

    @Override
    public int largestRecord(Collection<String> topics, int most) {
      throw away();
    }

    @Override
    public void createCompacted(String topic, int partitions) {
      throw away();
    }

    @Override
    public @Nullable GenericRecord decode(ConsumerRecord<byte[], byte[]> record) {
      throw away();
    }
  }

  private static void closesAtOnce(AutoCloseable waiting) throws Exception {
    long before = System.nanoTime();
    waiting.close();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(AT_ONCE);
  }

  @Test
  void whoever_waits_for_changes_ends_at_once() throws Exception {
    Away away = new Away();
    Changes changes = Changes.listen(away, (choreography, saga, status) -> {});
    away.awaitAsked();
    closesAtOnce(changes);
  }

  @Test
  void a_tracker_that_waits_for_its_cluster_ends_at_once(@TempDir Path state) throws Exception {
    Away away = new Away();
    Tracker tracker =
        Tracker.start(
            away,
            new TrackerOptions(
                "group",
                state,
                new HostInfo("localhost", 1),
                "token",
                Duration.ofDays(1),
                Duration.ofSeconds(5)));
    away.awaitAsked();
    closesAtOnce(tracker);
  }
}
