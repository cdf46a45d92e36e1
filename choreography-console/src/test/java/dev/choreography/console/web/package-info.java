// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.choreography.console.web;

import org.jspecify.annotations.NullMarked;
