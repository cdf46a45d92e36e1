// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.versions;

import org.jspecify.annotations.NullMarked;
