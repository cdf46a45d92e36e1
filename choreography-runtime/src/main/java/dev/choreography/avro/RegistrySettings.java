// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** Where the registry is, and how it is asked. */
record RegistrySettings(
    List<String> urls,
    @Nullable String authorization,
    boolean autoRegister,
    boolean normalize,
    Duration readTimeout) {

  static final String URL = "schema.registry.url";

  /** As Confluent's clients call it: name, colon, password. */
  static final String USER_INFO = "basic.auth.user.info";

  static final String AUTO_REGISTER = "auto.register.schemas";

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  static RegistrySettings of(Map<String, ?> configuration) {
    Object url = configuration.get(URL);
    if (url == null || url.toString().isBlank()) {
      throw new ConfigException(
          "%s is missing: where does the schema registry answer?".formatted(URL));
    }
    Object userInfo = configuration.get(USER_INFO);
    return new RegistrySettings(
        List.of(url.toString().strip().replaceAll("/+$", "")),
        userInfo == null
            ? null
            : "Basic "
                + Base64.getEncoder()
                    .encodeToString(userInfo.toString().getBytes(StandardCharsets.UTF_8)),
        true,
        false,
        TIMEOUT);
  }

  HttpClient httpClient() {
    return HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  }
}
