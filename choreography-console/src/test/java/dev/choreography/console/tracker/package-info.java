// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.console.tracker;

import org.jspecify.annotations.NullMarked;
