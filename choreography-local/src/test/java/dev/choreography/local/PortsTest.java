// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PortsTest {

  @Test
  void a_port_that_is_held_for_a_moment_is_waited_for_and_one_that_stays_taken_is_refused()
      throws Exception {
    ServerSocket held = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    int port = held.getLocalPort();
    assertThat(Ports.becomesFree(port)).isFalse();
    CompletableFuture<Boolean> waits = CompletableFuture.supplyAsync(() -> Ports.becomesFree(port));
    assertThat(waits).isNotDone();
    held.close();
    assertThat(waits.get(5, TimeUnit.SECONDS)).isTrue();
  }
}
