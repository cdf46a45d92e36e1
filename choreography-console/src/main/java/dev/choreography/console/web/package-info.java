// SPDX-License-Identifier: Apache-2.0
/**
 * HTTP with the JDK's own server, and who may ask for what. Knows nothing of sagas.
 *
 * <pre>
 *   Web ──> Access, which token or session asks
 *     └──> Route ──> handler: Request ──> Answer
 *                     └─ EventStream, for what goes on
 * </pre>
 */
@NullMarked
package dev.choreography.console.web;

import org.jspecify.annotations.NullMarked;
