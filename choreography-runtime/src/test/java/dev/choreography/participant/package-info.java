// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.participant;

import org.jspecify.annotations.NullMarked;
