// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.flight;

import org.jspecify.annotations.NullMarked;
