// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.examples;

import org.jspecify.annotations.NullMarked;
