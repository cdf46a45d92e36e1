// SPDX-License-Identifier: Apache-2.0
/** Journal and outbox in PostgreSQL, in the participant's own database. */
@NullMarked
package dev.choreography.jdbc;

import org.jspecify.annotations.NullMarked;
