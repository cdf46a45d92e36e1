// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.readme;

import org.jspecify.annotations.NullMarked;
