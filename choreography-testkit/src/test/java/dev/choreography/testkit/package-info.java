// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.testkit;

import org.jspecify.annotations.NullMarked;
