// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** Files of the class path, by their names alone. */
public final class StaticFiles {

  private static final String WEBJARS = "META-INF/resources/webjars/";
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "mjs", "text/javascript; charset=utf-8",
          "json", "application/json; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "woff2", "font/woff2",
          "yaml", "application/yaml; charset=utf-8");

  private final ClassLoader loader;
  private final Map<String, String> versions = new ConcurrentHashMap<>();

  /** Those of a class loader. */
  public StaticFiles(ClassLoader loader) {
    this.loader = loader;
  }

  /**
   * A file.
   *
   * @param folder with a slash at its end
   * @param name below it, with slashes
   * @throws HttpException if there is none
   */
  public Answer file(String folder, String name) throws IOException {
    return find(folder + safe(name), name).orElseThrow(() -> unknown(name));
  }

  /**
   * A file of a WebJar, {@code library/file} or {@code library/version/file}.
   *
   * @throws HttpException if there is none
   */
  public Answer webjar(String name) throws IOException {
    Optional<Answer> exact = find(WEBJARS + safe(name), name);
    if (exact.isPresent()) {
      return exact.get();
    }
    int slash = name.indexOf('/');
    if (slash <= 0) {
      throw unknown(name);
    }
    String library = name.substring(0, slash);
    String version = versions.computeIfAbsent(library, this::version);
    return find(WEBJARS + library + "/" + version + name.substring(slash), name)
        .orElseThrow(() -> unknown(name));
  }

  private Optional<Answer> find(String resource, String name) throws IOException {
    String ending = name.substring(name.lastIndexOf('.') + 1);
    String type = TYPES.get(ending);
    if (type == null) {
      return Optional.empty();
    }
    try (InputStream in = loader.getResourceAsStream(resource)) {
      return in == null
          ? Optional.empty()
          : Optional.of(
              new Answer(200, type, in.readAllBytes(), Map.of("Cache-Control", "no-cache")));
    }
  }

  /** The only version of a library that is there; of a folder of classes, none. */
  private String version(String library) {
    String prefix = WEBJARS + library + "/";
    try {
      Enumeration<URL> folders = loader.getResources(prefix);
      while (folders.hasMoreElements()) {
        if (folders.nextElement().openConnection() instanceof JarURLConnection connection) {
          try (JarFile jar = new JarFile(connection.getJarFile().getName())) {
            Optional<String> found =
                jar.stream()
                    .map(JarEntry::getName)
                    .filter(entry -> entry.startsWith(prefix))
                    .map(entry -> entry.substring(prefix.length()))
                    .filter(rest -> rest.indexOf('/') > 0)
                    .map(rest -> rest.substring(0, rest.indexOf('/')))
                    .findFirst();
            if (found.isPresent()) {
              return found.get();
            }
          }
        }
      }
    } catch (IOException e) {
      throw new HttpException(500, "the libraries cannot be read");
    }
    return "none";
  }

  /** A name that stays below its folder. */
  private static String safe(String name) {
    for (String part : List.of(name.split("/", -1))) {
      if (part.isEmpty() || part.startsWith(".") || part.indexOf('\\') >= 0) {
        throw unknown(name);
      }
    }
    return name;
  }

  private static HttpException unknown(String name) {
    return new HttpException(404, "there is no " + name);
  }
}
