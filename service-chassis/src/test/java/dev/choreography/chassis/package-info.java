// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.chassis;

import org.jspecify.annotations.NullMarked;
