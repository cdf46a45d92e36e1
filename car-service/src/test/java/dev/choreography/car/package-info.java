// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.car;

import org.jspecify.annotations.NullMarked;
