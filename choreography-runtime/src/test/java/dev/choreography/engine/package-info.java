// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.engine;

import org.jspecify.annotations.NullMarked;
