// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Stands before a server on 127.0.0.1, and passes on message by message what no trap catches. */
final class TcpProxy implements AutoCloseable {

  private final ServerSocket door;
  private final Supplier<Conversation> protocol;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private volatile int serverPort;
  private volatile @Nullable Trap trap;

  private TcpProxy(ServerSocket door, Supplier<Conversation> protocol) {
    this.door = door;
    this.protocol = protocol;
  }

  /** Listens on a free port; connections are refused until {@link #forwardTo} says where to. */
  static TcpProxy listen(Supplier<Conversation> protocol) {
    try {
      return new TcpProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), protocol);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return door.getLocalPort();
  }

  void forwardTo(int port) {
    serverPort = port;
    thread("proxy-" + port(), this::accept).start();
  }

  /** Sets a trap in the place of the one before, which catches nothing more. */
  Trap hold(String what, Predicate<String> message) {
    Trap set = new Trap(what, message);
    trap = set;
    return set;
  }

  @Override
  public void close() {
    try {
      door.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    links.forEach(Link::cut);
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        try {
          Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), serverPort));
          links.add(link);
          link.start();
        } catch (IOException serverIsAway) {
          client.close();
        }
      } catch (IOException closed) {
        // The loop looks whether it is over.
      }
    }
  }

  private static Thread thread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private interface Reading {
    byte[] next(DataInputStream in) throws IOException;
  }

  private interface Saying {
    String of(byte[] message);
  }

  /** A client's connection and ours to the server. */
  private final class Link {
    private final Socket client;
    private final Socket server;
    private final Lane requests;
    private final Lane answers;

    Link(Socket client, Socket server) throws IOException {
      this.client = client;
      this.server = server;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      Conversation conversation = protocol.get();
      requests = new Lane(this, client, server, conversation::readRequest, conversation::request);
      answers = new Lane(this, server, client, conversation::readAnswer, conversation::answer);
    }

    void start() {
      thread("requests-" + client.getPort(), requests::run).start();
      thread("answers-" + client.getPort(), answers::run).start();
    }

    void cut() {
      links.remove(this);
      for (Socket socket : List.of(client, server)) {
        try {
          socket.close();
        } catch (IOException e) {
          // It is as good as closed.
        }
      }
    }
  }

  /** One direction of a link. */
  final class Lane {
    private final Link link;
    private final DataInputStream in;
    private final OutputStream out;
    private final Reading reading;
    private final Saying saying;
    private @Nullable List<byte[]> held;

    private Lane(Link link, Socket from, Socket to, Reading reading, Saying saying)
        throws IOException {
      this.link = link;
      this.in = new DataInputStream(new BufferedInputStream(from.getInputStream(), 64 * 1024));
      this.out = new BufferedOutputStream(to.getOutputStream(), 64 * 1024);
      this.reading = reading;
      this.saying = saying;
    }

    /** Reads on also while it holds, so that the end of the client is noticed. */
    private void run() {
      try {
        while (true) {
          byte[] message = reading.next(in);
          synchronized (link) {
            pass(message);
            if (in.available() == 0) {
              out.flush();
            }
          }
        }
      } catch (IOException over) {
        link.cut();
      }
    }

    private void pass(byte[] message) throws IOException {
      String said = saying.of(message);
      Trap set = trap;
      if (held == null && set != null && set.catches(this, said)) {
        held = new ArrayList<>();
      }
      if (held != null) {
        held.add(message);
      } else {
        out.write(message);
      }
    }

    /** Passes on what is held. */
    void goOn() {
      synchronized (link) {
        List<byte[]> late = held;
        held = null;
        try {
          if (late != null) {
            for (byte[] message : late) {
              out.write(message);
            }
            out.flush();
          }
        } catch (IOException over) {
          link.cut();
        }
      }
    }

    /** Ends the connection in both directions. */
    void cut() {
      link.cut();
    }
  }
}
