// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.kafka;

import org.jspecify.annotations.NullMarked;
