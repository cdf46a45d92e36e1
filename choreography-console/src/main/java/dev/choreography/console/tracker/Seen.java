// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * The first copy of an event, as far as its saga's summary needs it; times in milliseconds.
 *
 * @param type the topic's name
 * @param cause the type of the event that led to it; empty if there is none
 * @param published the record's timestamp
 * @param received when the cause was read, 0 if that is not known
 * @param measured whether its way from the cause was counted
 */
record Seen(String type, String cause, long published, long received, boolean measured) {

  static Seen read(DataInputStream in) throws IOException {
    return new Seen(in.readUTF(), in.readUTF(), in.readLong(), in.readLong(), in.readBoolean());
  }

  void write(DataOutputStream out) throws IOException {
    out.writeUTF(type);
    out.writeUTF(cause);
    out.writeLong(published);
    out.writeLong(received);
    out.writeBoolean(measured);
  }

  Seen withMeasured() {
    return new Seen(type, cause, published, received, true);
  }

  Seen withPublished(long later) {
    return new Seen(type, cause, later, received, measured);
  }
}
