// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class HandsTest {

  private static final Duration PATIENCE = Duration.ofMillis(200);
  private static final Hands.Call CALL =
      new Hands.Call(new RowKey("chain", "s", "a"), "execute", 1);

  @Test
  void work_that_gets_nowhere_is_given_up_and_the_next_is_done() throws Exception {
    try (Hands hands = new Hands("stalling", PATIENCE)) {
      CountDownLatch never = new CountDownLatch(1);
      assertThatThrownBy(() -> hands.run(shift -> await(never)))
          .isInstanceOf(Trouble.class)
          .hasMessageContaining("did not answer");
      assertThat(hands.<String>run(shift -> "done")).isEqualTo("done");
    }
  }

  @Test
  void what_was_given_up_calls_no_handler_any_more() throws Exception {
    CountDownLatch back = new CountDownLatch(1);
    CountDownLatch refused = new CountDownLatch(1);
    try (Hands hands = new Hands("stalling", PATIENCE)) {
      assertThatThrownBy(
              () ->
                  hands.run(
                      shift -> {
                        awaitUninterruptibly(back);
                        try {
                          shift.begin(CALL, Duration.ofSeconds(1));
                        } catch (Trouble e) {
                          refused.countDown();
                        }
                        return "";
                      }))
          .isInstanceOf(Trouble.class);
      back.countDown();
      refused.await();
    }
  }

  private static String await(CountDownLatch latch) {
    try {
      latch.await();
      return "";
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean waiting = true;
    while (waiting) {
      try {
        latch.await();
        waiting = false;
      } catch (InterruptedException e) {
        // As a driver does that reads from a socket.
      }
    }
  }
}
