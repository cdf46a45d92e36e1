// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.bench;

import org.jspecify.annotations.NullMarked;
