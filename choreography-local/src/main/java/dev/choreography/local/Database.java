// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

/**
 * Where a database is and who may open it.
 *
 * @param jdbcUrl without user and password
 */
public record Database(String jdbcUrl, String user, String password) {

  /** Leaves the password out, so that it does not end up in a log. */
  @Override
  public String toString() {
    return "Database[" + jdbcUrl + " as " + user + "]";
  }
}
