// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A port of its own that leads to a server, until it is cut. */
final class BreakableLine implements AutoCloseable {

  private final ServerSocket port;
  private final InetSocketAddress server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean isCut;

  private BreakableLine(ServerSocket port, InetSocketAddress server) {
    this.port = port;
    this.server = server;
  }

  /** Leads to where an address points to. */
  static BreakableLine to(URI address) throws IOException {
    BreakableLine line =
        new BreakableLine(
            new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
            new InetSocketAddress(address.getHost(), address.getPort()));
    start(line::accept);
    return line;
  }

  /** This end of it. */
  String url() {
    return "http://127.0.0.1:%d/".formatted(port.getLocalPort());
  }

  /** Ends every connection; each that is made until it is mended ends at once. */
  void cut() throws IOException {
    isCut = true;
    for (Socket socket : open) {
      socket.close();
    }
  }

  void mend() {
    isCut = false;
  }

  private void accept() throws IOException {
    while (true) {
      Socket from = port.accept();
      Socket to = new Socket();
      open.add(from);
      open.add(to);
      if (isCut) {
        from.close();
        continue;
      }
      to.connect(server);
      start(() -> carry(from, to));
      start(() -> carry(to, from));
    }
  }

  private static void carry(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  /** An end of the line is no failure. */
  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                if (!(e instanceof java.net.SocketException)) {
                  throw new UncheckedIOException(e);
                }
              }
            },
            "breakable-line");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    port.close();
    cut();
  }
}
