// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Where Chromium or its driver is not installed, the test is skipped and a line says so; with
 * {@code BROWSER_TESTS=required} in the environment it fails instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsBrowser.Installed.class)
@interface NeedsBrowser {

  /** Looks for both. */
  final class Installed implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (Browser.isInstalled()) {
        return ConditionEvaluationResult.enabled("Chromium is installed");
      }
      String missing =
          "%s and %s are not both there".formatted(Browser.PROGRAM, Browser.DRIVER_PROGRAM);
      if ("required".equals(System.getenv("BROWSER_TESTS"))) {
        throw new IllegalStateException(
            "BROWSER_TESTS is 'required' and %s: install the packages chromium and chromium-driver"
                .formatted(missing));
      }
      String skipped = "%s is skipped: %s".formatted(context.getDisplayName(), missing);
      System.out.println(skipped);
      return ConditionEvaluationResult.disabled(skipped);
    }
  }
}
