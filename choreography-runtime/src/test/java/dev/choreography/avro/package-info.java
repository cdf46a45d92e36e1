// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.avro;

import org.jspecify.annotations.NullMarked;
