// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is answered where.
 *
 * @param path such as {@code /api/sagas/{choreography}/{id}}; with {@code {name}} at its end
 *     written {@code {name...}} it takes all that follows
 * @param needed what whoever asks has to be allowed
 */
public record Route(String method, String path, Level needed, Handler handler) {

  /** What answers. */
  public interface Handler {
    /**
     * Called by one of several threads.
     *
     * @return null if it has answered itself, as a stream
     * @throws HttpException to answer with an error
     */
    @Nullable Answer answer(Request request) throws Exception;
  }

  /** For whoever may read. */
  public static Route get(String path, Handler handler) {
    return new Route("GET", path, Level.READ, handler);
  }

  /** For whoever may act. */
  public static Route post(String path, Handler handler) {
    return new Route("POST", path, Level.ACT, handler);
  }

  /** For everybody. */
  public static Route open(String path, Handler handler) {
    return new Route("GET", path, Level.NONE, handler);
  }

  /** The parts that the path names, or null if it is another. */
  @Nullable Map<String, String> match(List<String> asked) {
    String[] parts = path.substring(1).split("/", -1);
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i];
      if (part.endsWith("...}") && asked.size() > i) {
        named.put(
            part.substring(1, part.length() - 4), String.join("/", asked.subList(i, asked.size())));
        return named;
      }
      if (asked.size() <= i) {
        return null;
      }
      if (part.startsWith("{")) {
        named.put(part.substring(1, part.length() - 1), asked.get(i));
      } else if (!part.equals(asked.get(i))) {
        return null;
      }
    }
    return asked.size() == parts.length ? named : null;
  }
}
