// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of the registry, and how it is asked, under the names of Confluent's clients. What
 * this serde does not do as the setting says is refused and never ignored; no message contains a
 * password or a token.
 */
public final class RegistrySettings {

  static final String URL = "schema.registry.url";
  static final String AUTO_REGISTER = "auto.register.schemas";
  private static final String NORMALIZE = "normalize.schemas";
  private static final String USER_INFO = "basic.auth.user.info";
  private static final String OLD_USER_INFO = "schema.registry.basic.auth.user.info";
  private static final String BASIC_SOURCE = "basic.auth.credentials.source";
  private static final String TOKEN = "bearer.auth.token";
  private static final String TOKEN_SOURCE = "bearer.auth.credentials.source";
  private static final String CONNECT_TIMEOUT = "http.connect.timeout.ms";
  private static final String READ_TIMEOUT = "http.read.timeout.ms";
  private static final String SUBJECTS = "value.subject.name.strategy";

  private static final Set<String> HONOURED =
      Set.of(
          URL,
          AUTO_REGISTER,
          NORMALIZE,
          USER_INFO,
          OLD_USER_INFO,
          BASIC_SOURCE,
          TOKEN,
          TOKEN_SOURCE,
          CONNECT_TIMEOUT,
          READ_TIMEOUT,
          SUBJECTS);

  /** The beginnings of names that are refused where they are not honoured. */
  private static final List<String> OURS =
      List.of("schema.registry.", "basic.auth.", "bearer.auth.");

  /** The settings that may only be said as this serde does it anyway. */
  private static final Map<String, String> FIXED =
      Map.of("use.latest.version", "false", "latest.compatibility.strict", "true");

  private static final String TOPIC_NAMES = "TopicNameStrategy";

  private static final Set<String> REFUSED =
      Set.of(
          "use.schema.id",
          "use.latest.with.metadata",
          "context.name.strategy",
          "schema.format",
          "proxy.host",
          "proxy.port");

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Map<String, ?> given;
  private final List<String> problems = new ArrayList<>();
  private final List<String> urls = new ArrayList<>();
  private @Nullable String userInfo;

  private RegistrySettings(Map<String, ?> given) {
    this.given = given;
    checkNames();
    readUrls();
    readCredentials();
    flag(AUTO_REGISTER, true);
    flag(NORMALIZE, false);
    duration(CONNECT_TIMEOUT);
    duration(READ_TIMEOUT);
  }

  /** Returns a sentence for each setting that cannot be honoured. */
  public static List<String> problems(Map<String, ?> given) {
    RegistrySettings settings = new RegistrySettings(given);
    if (settings.problems.isEmpty()) {
      try {
        SSLContext ignored = RegistryTls.context(given);
      } catch (ConfigException e) {
        settings.problems.add(String.valueOf(e.getMessage()));
      }
    }
    return List.copyOf(settings.problems);
  }

  /**
   * The settings among these.
   *
   * @throws ConfigException naming all that cannot be honoured
   */
  static RegistrySettings of(Map<String, ?> given) {
    RegistrySettings settings = new RegistrySettings(given);
    if (!settings.problems.isEmpty()) {
      throw new ConfigException(String.join("; ", settings.problems));
    }
    return settings;
  }

  /** The names of all settings that are looked at; the documentation has each. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>(HONOURED);
    names.addAll(FIXED.keySet());
    names.addAll(REFUSED);
    return names;
  }

  /** The addresses, in their order, without credentials. */
  List<String> urls() {
    return urls;
  }

  /** The value of the header, null where the registry asks for none. */
  @Nullable String authorization() {
    String token = text(TOKEN);
    if (token != null) {
      return "Bearer " + token;
    }
    return userInfo == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns whether a schema that the registry does not have is registered. */
  boolean autoRegister() {
    return flag(AUTO_REGISTER, true);
  }

  /** Returns whether the registry is to take schemas that differ in form alone for the same. */
  boolean normalize() {
    return flag(NORMALIZE, false);
  }

  Duration readTimeout() {
    return duration(READ_TIMEOUT);
  }

  HttpClient httpClient() {
    HttpClient.Builder client = HttpClient.newBuilder().connectTimeout(duration(CONNECT_TIMEOUT));
    SSLContext context = RegistryTls.context(given);
    if (context != null) {
      client.sslContext(context).sslParameters(RegistryTls.parameters(given, context));
    }
    return client.build();
  }

  private void checkNames() {
    for (String name : given.keySet()) {
      boolean known = HONOURED.contains(name) || RegistryTls.isKnown(name);
      if (REFUSED.contains(name) || (!known && OURS.stream().anyMatch(name::startsWith))) {
        problems.add("%s is not known to this serde; leave it out".formatted(name));
      }
    }
    FIXED.forEach(
        (name, value) -> {
          String found = text(name);
          if (found != null && !found.equalsIgnoreCase(value)) {
            problems.add(
                "%s is %s: this serde writes an event with the schema that its class was generated from, %s=false looks that up without registering it; leave it out"
                    .formatted(name, found, AUTO_REGISTER));
          }
        });
    String strategy = text(SUBJECTS);
    if (strategy != null && !strategy.endsWith("." + TOPIC_NAMES)) {
      problems.add(
          "%s is %s: the subject of a topic's values is <topic>-value here, which is the %s; leave it out"
              .formatted(SUBJECTS, strategy, TOPIC_NAMES));
    }
  }

  private void readUrls() {
    String all = text(URL);
    if (all == null) {
      problems.add("%s is missing: where does the schema registry answer?".formatted(URL));
      return;
    }
    for (String one : all.split(",", -1)) {
      String url = one.strip().replaceAll("/+$", "");
      if (url.isEmpty()) {
        continue;
      }
      try {
        URI uri = new URI(url);
        boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!web || uri.getHost() == null || uri.getQuery() != null || uri.getFragment() != null) {
          problems.add(unusable(url));
          continue;
        }
        if (uri.getRawUserInfo() != null) {
          userInfo =
              URLDecoder.decode(uri.getRawUserInfo().replace("+", "%2B"), StandardCharsets.UTF_8);
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        urls.add(uri.getScheme() + "://" + uri.getHost() + port + path);
      } catch (URISyntaxException | IllegalArgumentException e) {
        // Its message quotes the address, with the credentials that may be in it.
        problems.add(unusable(url));
      }
    }
    if (urls.isEmpty() && problems.isEmpty()) {
      problems.add("%s names no address".formatted(URL));
    }
  }

  private static String unusable(String url) {
    int at = url.lastIndexOf('@');
    return "%s holds %s, http://host:port/path or https://... was expected, several with commas between"
        .formatted(
            URL,
            at < 0 ? "'" + url + "'" : "an address that ends with '" + url.substring(at) + "'");
  }

  private void readCredentials() {
    String said = text(USER_INFO) == null ? text(OLD_USER_INFO) : text(USER_INFO);
    String source = text(BASIC_SOURCE);
    boolean inUrl = userInfo != null;
    if (source != null && !source.equals("USER_INFO") && !source.equals("URL")) {
      problems.add("%s is %s, this serde takes USER_INFO or URL".formatted(BASIC_SOURCE, source));
    }
    if ("USER_INFO".equals(source) && said == null) {
      problems.add("%s is USER_INFO and %s is missing".formatted(BASIC_SOURCE, USER_INFO));
    }
    if ("URL".equals(source) && !inUrl) {
      problems.add("%s is URL and no address of %s has credentials".formatted(BASIC_SOURCE, URL));
    }
    if (said != null && inUrl && source == null) {
      problems.add(
          "credentials are in %s and in %s; say which count with %s"
              .formatted(URL, USER_INFO, BASIC_SOURCE));
    }
    if (said != null && !"URL".equals(source)) {
      userInfo = said;
    } else if ("USER_INFO".equals(source)) {
      userInfo = null;
    }
    if (userInfo != null && !userInfo.contains(":")) {
      problems.add("the credentials of the registry are no name, colon and password");
    }
    readToken();
  }

  private void readToken() {
    String token = text(TOKEN);
    String source = text(TOKEN_SOURCE);
    if (source != null && !source.equals("STATIC_TOKEN")) {
      problems.add("%s is %s, this serde takes STATIC_TOKEN".formatted(TOKEN_SOURCE, source));
    }
    if (source != null && token == null) {
      problems.add("%s is given and %s is missing".formatted(TOKEN_SOURCE, TOKEN));
    }
    if (token != null && !token.chars().allMatch(c -> c > ' ' && c < 127)) {
      problems.add("%s holds a character that no header may have".formatted(TOKEN));
    }
    if (token != null && userInfo != null) {
      problems.add("a token and a password are given for the registry, it takes one of them");
    }
  }

  private boolean flag(String name, boolean byDefault) {
    String value = text(name);
    if (value == null || value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false")) {
      return value == null ? byDefault : Boolean.parseBoolean(value);
    }
    problems.add("%s is '%s', true or false was expected".formatted(name, value));
    return byDefault;
  }

  private Duration duration(String name) {
    String value = text(name);
    if (value == null) {
      return TIMEOUT;
    }
    if (!value.matches("[0-9]{1,9}") || Long.parseLong(value) == 0) {
      problems.add("%s is '%s', milliseconds above 0 were expected".formatted(name, value));
      return TIMEOUT;
    }
    return Duration.ofMillis(Long.parseLong(value));
  }

  private @Nullable String text(String name) {
    return text(given, name);
  }

  static @Nullable String text(Map<String, ?> given, String name) {
    Object value = given.get(name);
    if (value == null) {
      return null;
    }
    String text =
        value instanceof Password password
            ? password.value()
            : value instanceof Class<?> type ? type.getName() : value.toString();
    return text.isBlank() ? null : text.strip();
  }

  /** Returns the addresses alone: the settings may hold secrets. */
  @Override
  public String toString() {
    return "schema registry " + String.join(", ", urls);
  }
}
