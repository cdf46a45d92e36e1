// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RetryPolicyTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void pauses_double_until_the_longest() {
    RetryPolicy policy =
        RetryPolicy.defaults().withPauses(SECOND, Duration.ofSeconds(5)).withJitter(0);
    assertThat(IntStream.rangeClosed(1, 5).mapToObj(attempt -> policy.pauseAfter(attempt, 0.5)))
        .extracting(Duration::toSeconds)
        .containsExactly(1L, 2L, 4L, 5L, 5L);
    assertThat(policy.pauseAfter(Integer.MAX_VALUE, 1)).hasSeconds(5);
  }

  @Test
  void jitter_spreads_a_pause_to_both_sides_by_its_share() {
    RetryPolicy policy = RetryPolicy.defaults().withPauses(SECOND, SECOND).withJitter(0.25);
    assertThat(policy.pauseAfter(1, 0)).hasMillis(750);
    assertThat(policy.pauseAfter(1, 0.5)).hasMillis(1000);
    assertThat(policy.pauseAfter(1, 1)).hasMillis(1250);
  }

  @Test
  void a_policy_says_nothing_of_what_it_was_not_asked_to_change() {
    RetryPolicy policy =
        RetryPolicy.once().withPauses(SECOND, SECOND).withJitter(1).withFinal(e -> true);
    assertThat(policy)
        .returns(1, RetryPolicy::attempts)
        .returns(SECOND, RetryPolicy::firstPause)
        .returns(SECOND, RetryPolicy::longestPause)
        .returns(1.0, RetryPolicy::jitter);
    assertThat(policy.isFinal().test(new IllegalStateException())).isTrue();
    assertThat(RetryPolicy.defaults().isFinal().test(new IllegalStateException())).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badPolicies")
  void a_policy_with_a_bad_value_is_refused(String message, UnaryOperator<RetryPolicy> change) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> change.apply(RetryPolicy.defaults()))
        .withMessageContaining(message);
  }

  static Stream<Arguments> badPolicies() {
    return Stream.of(
        bad("attempts is 0", policy -> policy.withAttempts(0)),
        bad("PT-1S", policy -> policy.withPauses(SECOND.negated(), SECOND)),
        bad("not below the first", policy -> policy.withPauses(SECOND, SECOND.dividedBy(2))),
        bad("more than a day", policy -> policy.withPauses(SECOND, Duration.ofSeconds(86_401))),
        bad("jitter is 1.1", policy -> policy.withJitter(1.1)),
        bad("jitter is -0.1", policy -> policy.withJitter(-0.1)),
        bad("jitter is NaN", policy -> policy.withJitter(Double.NaN)));
  }

  private static Arguments bad(String message, UnaryOperator<RetryPolicy> change) {
    return Arguments.of(message, change);
  }

  @Test
  void a_time_limit_that_is_not_positive_or_keeps_a_partition_waiting_is_refused() {
    StepOptions options = StepOptions.defaults();
    assertThatIllegalArgumentException().isThrownBy(() -> options.withTimeLimit(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withTimeLimit(Duration.ofMillis(-1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withTimeLimit(Duration.ofSeconds(121)))
        .withMessageContaining("PT2M");
  }

  @Test
  void options_keep_the_tries_of_each_direction_apart() {
    StepOptions options =
        StepOptions.defaults()
            .withExecution(RetryPolicy.once())
            .withCompensation(RetryPolicy.defaults().withAttempts(2))
            .withConfirmation(RetryPolicy.defaults().withAttempts(3))
            .withTimeLimit(SECOND);
    assertThat(options.execution().attempts()).isEqualTo(1);
    assertThat(options.compensation().attempts()).isEqualTo(2);
    assertThat(options.confirmation().attempts()).isEqualTo(3);
    assertThat(options.timeLimit()).isEqualTo(SECOND);
  }
}
