// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Instant;
import java.util.UUID;

/**
 * The identity of a database: it tells a participant's database from any other, an emptied one
 * included, and stays the same where a backup of it is restored.
 *
 * @param id made at random when the participant first started over it
 * @param participant whose it is
 * @param createdAt when that was, by the database's clock
 * @param unused another id made at random just now, for whoever needs one that nobody has used
 */
public record DatabaseIdentity(UUID id, String participant, Instant createdAt, UUID unused) {}
