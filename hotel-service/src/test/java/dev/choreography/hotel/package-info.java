// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.hotel;

import org.jspecify.annotations.NullMarked;
