// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.io.DataInputStream;
import java.io.IOException;

/** One connection's messages: where each ends, and what it says. Called by one thread at a time. */
interface Conversation {

  /** The next whole message of the client. */
  byte[] readRequest(DataInputStream in) throws IOException;

  /** The next whole message of the server. */
  byte[] readAnswer(DataInputStream in) throws IOException;

  /** What a client's message says, in words that a {@link Trap} can match; empty if nothing. */
  String request(byte[] message);

  /** What a server's message says; empty if nothing. */
  String answer(byte[] message);
}
