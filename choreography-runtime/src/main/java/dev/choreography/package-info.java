// SPDX-License-Identifier: Apache-2.0
/** What a service author declares and writes. */
@NullMarked
package dev.choreography;

import org.jspecify.annotations.NullMarked;
