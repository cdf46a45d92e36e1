// SPDX-License-Identifier: Apache-2.0

/** Tests of what needs neither Kafka nor a database. */
@NullMarked
package dev.choreography.engine;

import org.jspecify.annotations.NullMarked;
