// SPDX-License-Identifier: Apache-2.0
/**
 * What turns business code into a program: settings from the environment, a database, health, a
 * clean shutdown, and failures to try it with.
 *
 * <pre>
 *   main ──> ServiceProgram ─ settings, /health, pool, migrations ─> the service's own Start
 *                 │                                                         │
 *                 └──── closes, in reverse, at SIGTERM <──── Participant <──┘
 * </pre>
 *
 * <p>It exists so that a diff between two services shows only business, and to keep the connection
 * pool, the migrations and the log format out of them. It knows no event and no inventory; what a
 * service would rather do itself, it does itself, since the framework does not need this module.
 */
@NullMarked
package dev.choreography.chassis;

import org.jspecify.annotations.NullMarked;
