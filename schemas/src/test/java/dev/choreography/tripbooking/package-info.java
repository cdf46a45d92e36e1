// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.tripbooking;

import org.jspecify.annotations.NullMarked;
