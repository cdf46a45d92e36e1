// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.jdbc;

import org.jspecify.annotations.NullMarked;
