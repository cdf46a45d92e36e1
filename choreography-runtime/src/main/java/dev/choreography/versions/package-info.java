// SPDX-License-Identifier: Apache-2.0
/**
 * What a change of a declaration does to sagas that are under way: declarations are kept in a file
 * as they were, and compared with those of today. Needs no cluster.
 */
@NullMarked
package dev.choreography.versions;

import org.jspecify.annotations.NullMarked;
