// SPDX-License-Identifier: Apache-2.0
/**
 * What a service author declares and writes.
 *
 * <pre>
 *   Choreography ─ declares ─> Step ─ after, completes, fails, compensates ─> EventType
 *   StepHandler  ─ execute(request, StepContext) ─> Outcome
 * </pre>
 */
@NullMarked
package dev.choreography;

import org.jspecify.annotations.NullMarked;
