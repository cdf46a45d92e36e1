// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS to a registry: Kafka's own settings of a client, each behind {@code schema.registry.}, so key
 * and trust stores may be JKS, PKCS12 or PEM, in files or in the settings. Without any, what the
 * Java runtime trusts is trusted.
 */
final class RegistryTls {

  private static final String PREFIX = "schema.registry.";
  private static final String SSL = PREFIX + "ssl.";
  private static final String HOST_NAMES = "ssl.endpoint.identification.algorithm";

  /** The settings that would replace the reader of the others. */
  private static final List<String> REFUSED = List.of("ssl.engine.factory.class", "ssl.provider");

  private static final ConfigDef KNOWN = known();

  private RegistryTls() {}

  private static ConfigDef known() {
    ConfigDef known = new ConfigDef();
    SslConfigs.addClientSslSupport(known);
    return known;
  }

  /** Returns whether it is a setting of TLS that is honoured. */
  static boolean isKnown(String name) {
    String own = name.startsWith(SSL) ? name.substring(PREFIX.length()) : "";
    return KNOWN.names().contains(own) && !REFUSED.contains(own);
  }

  /**
   * The keys and certificates, null where nothing is said of them.
   *
   * @throws ConfigException if they cannot be read
   */
  static @Nullable SSLContext context(Map<String, ?> given) {
    Map<String, Object> said = said(given);
    if (said.isEmpty()) {
      return null;
    }
    if (said.containsKey(HOST_NAMES)
        && !"https".equalsIgnoreCase(String.valueOf(said.get(HOST_NAMES)))) {
      throw new ConfigException(
          "%s%s is '%s': the host name in a registry's certificate is always checked, leave it out"
              .formatted(PREFIX, HOST_NAMES, said.get(HOST_NAMES)));
    }
    try (DefaultSslEngineFactory factory = new DefaultSslEngineFactory()) {
      factory.configure(KNOWN.parse(said));
      return factory.sslContext();
    } catch (KafkaException e) {
      Throwable cause = e.getCause();
      throw new ConfigException(
          "the settings %s* cannot be used: %s%s"
              .formatted(SSL, e.getMessage(), cause == null ? "" : ": " + cause.getMessage()));
    }
  }

  /** The protocols and ciphers, those of the Java runtime unless said. */
  static SSLParameters parameters(Map<String, ?> given, SSLContext context) {
    SSLParameters parameters = context.getDefaultSSLParameters();
    Map<String, Object> said = said(given);
    Map<String, Object> parsed = KNOWN.parse(said);
    if (said.containsKey(SslConfigs.SSL_ENABLED_PROTOCOLS_CONFIG)) {
      parameters.setProtocols(texts(parsed.get(SslConfigs.SSL_ENABLED_PROTOCOLS_CONFIG)));
    }
    if (said.containsKey(SslConfigs.SSL_CIPHER_SUITES_CONFIG)) {
      parameters.setCipherSuites(texts(parsed.get(SslConfigs.SSL_CIPHER_SUITES_CONFIG)));
    }
    return parameters;
  }

  private static String[] texts(@Nullable Object list) {
    List<String> texts = new ArrayList<>();
    if (list instanceof List<?> values) {
      values.forEach(value -> texts.add(String.valueOf(value)));
    }
    return texts.toArray(String[]::new);
  }

  private static Map<String, Object> said(Map<String, ?> given) {
    Map<String, Object> said = new HashMap<>();
    given.forEach(
        (name, value) -> {
          if (isKnown(name) && value != null) {
            said.put(name.substring(PREFIX.length()), value);
          }
        });
    return said;
  }
}
