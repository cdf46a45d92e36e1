// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.console.trace;

import org.jspecify.annotations.NullMarked;
