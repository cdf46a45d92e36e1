// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.engine.Trouble;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.testbed.Certificates;
import dev.choreography.testbed.RegistryGate;
import dev.choreography.testevents.Started;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The registry's settings are honoured or refused, and no message tells a secret. */
class RegistrySettingsTest {

  private static final Started EVENT = new Started("s", "");
  private static final String SECRET = "s3cret-of-ann";

  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeAll
  static void trust() {
    EventClasses.trust(List.of(Started.class));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  private RegistryGate open(RegistryGate gate) {
    opened.add(gate);
    gate.answers(200, "{\"id\": 7}");
    return gate;
  }

  private static Map<String, String> settings(String url, String... more) {
    Map<String, String> settings = new HashMap<>(Map.of("schema.registry.url", url));
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  private static byte[] write(Map<String, String> settings) {
    Properties properties = new Properties();
    properties.putAll(settings);
    return new KafkaCodec(KafkaSettings.of(properties)).encode("started", EVENT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "use.latest.version | true",
        "latest.compatibility.strict | false",
        "use.schema.id | 7",
        "value.subject.name.strategy | io.confluent.kafka.serializers.subject.RecordNameStrategy",
        "auto.register.schemas | no",
        "normalize.schemas | 1",
        "basic.auth.credentials.source | SASL_INHERIT",
        "basic.auth.credentials.source | USER_INFO",
        "basic.auth.credentials.source | URL",
        "basic.auth.user.info | ann",
        "bearer.auth.credentials.source | OAUTHBEARER",
        "bearer.auth.credentials.source | STATIC_TOKEN",
        "bearer.auth.token | two words",
        "bearer.auth.issuer.endpoint.url | http://localhost/",
        "schema.registry.ssl.endpoint.identification.algorithm | none",
        "schema.registry.ssl.engine.factory.class | java.lang.String",
        "schema.registry.ssl.truststore.location | no/such/file",
        "schema.registry.ssl.truststore.locatoin | mistyped",
        "schema.registry.url | nowhere",
        "schema.registry.url | ftp://localhost",
        "schema.registry.url | http:///path",
        "schema.registry.url | ' , '",
        "proxy.host | localhost",
        "http.read.timeout.ms | soon"
      })
  void what_cannot_be_honoured_is_refused_with_a_sentence(String name, String value) {
    Map<String, String> settings = settings("http://localhost:1", name, value);
    assertThat(RegistrySettings.problems(settings))
        .isNotEmpty()
        .anySatisfy(problem -> assertThat(problem).contains(subjectOf(name)));
  }

  private static String subjectOf(String name) {
    return name.equals("basic.auth.user.info")
        ? "no name, colon and password"
        : name.startsWith("schema.registry.ssl.") ? "schema.registry.ssl." : name;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "use.latest.version | false",
        "value.subject.name.strategy | io.confluent.kafka.serializers.subject.TopicNameStrategy",
        "auto.register.schemas | TRUE",
        "basic.auth.user.info | ann:s3cret",
        "bearer.auth.token | abc.def",
        "schema.registry.ssl.endpoint.identification.algorithm | https",
        "http.read.timeout.ms | 2500",
        "linger.ms | 5"
      })
  void what_is_honoured_is_taken(String name, String value) {
    assertThat(RegistrySettings.problems(settings("http://localhost:1", name, value))).isEmpty();
  }

  @Test
  void all_that_is_wrong_is_told_at_once_also_where_the_serde_is_used_alone() {
    AvroSerializer serializer = new AvroSerializer();
    assertThatThrownBy(
            () ->
                serializer.configure(
                    Map.of("use.latest.version", "true", "proxy.host", "localhost"), false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("use.latest.version is true")
        .hasMessageContaining("proxy.host")
        .hasMessageContaining("schema.registry.url is missing");
  }

  @Test
  void credentials_are_sent_from_wherever_they_are_given() {
    AtomicReference<String> seen = new AtomicReference<>();
    RegistryGate gate = open(RegistryGate.alone());
    gate.answers(
        request -> {
          seen.set(request.authorization());
          return new RegistryGate.Answer(200, "{\"id\": 7}");
        });
    String basic = "Basic " + base64("ann:" + SECRET);
    String inUrl = gate.url().replace("http://", "http://ann:" + SECRET + "@");

    write(settings(inUrl));
    assertThat(seen).hasValue(basic);
    write(settings(inUrl, "basic.auth.credentials.source", "URL"));
    assertThat(seen).hasValue(basic);
    write(settings(gate.url(), "basic.auth.user.info", "ann:" + SECRET));
    assertThat(seen).hasValue(basic);
    write(settings(gate.url(), "schema.registry.basic.auth.user.info", "ann:" + SECRET));
    assertThat(seen).hasValue(basic);
    write(
        settings(
            inUrl,
            "basic.auth.user.info",
            "bob:a:b",
            "basic.auth.credentials.source",
            "USER_INFO"));
    assertThat(seen).hasValue("Basic " + base64("bob:a:b"));
    write(settings(gate.url().replace("http://", "http://a%40b:c%2Bd+e@")));
    assertThat(seen).hasValue("Basic " + base64("a@b:c+d+e"));
    write(
        settings(
            gate.url(),
            "bearer.auth.token",
            SECRET,
            "bearer.auth.credentials.source",
            "STATIC_TOKEN"));
    assertThat(seen).hasValue("Bearer " + SECRET);
    write(settings(gate.url()));
    assertThat(seen).hasNullValue();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void no_message_tells_a_password_or_a_token() throws Exception {
    String nobody = "http://ann:" + SECRET + "@127.0.0.1:" + unusedPort();
    for (Map<String, String> settings :
        List.of(
            settings(nobody),
            settings(nobody + "," + nobody),
            settings("http://ann:" + SECRET + "@local host:1"),
            settings("htp://ann:" + SECRET + "@localhost:1"),
            settings("http://ann:" + SECRET + "@"),
            settings(nobody, "basic.auth.user.info", "ann:" + SECRET),
            settings(nobody, "bearer.auth.token", SECRET),
            settings("http://localhost:1", "bearer.auth.token", SECRET + " and\nmore"),
            settings("http://localhost:1", "basic.auth.user.info", SECRET),
            settings(
                "https://localhost:1",
                "schema.registry.ssl.truststore.location",
                "no/such/file",
                "schema.registry.ssl.truststore.password",
                SECRET))) {
      assertThat(String.join(" ", RegistrySettings.problems(settings))).doesNotContain(SECRET);
      assertThatThrownBy(() -> write(settings))
          .satisfies(
              thrown -> {
                for (Throwable each = thrown; each != null; each = each.getCause()) {
                  assertThat(each.toString()).doesNotContain(SECRET);
                }
              });
      Properties properties = new Properties();
      properties.putAll(settings);
      assertThat(KafkaSettings.of(properties).toString()).doesNotContain(SECRET);
    }
  }

  @Test
  void of_several_registries_the_next_is_asked_where_one_does_not_answer() throws Exception {
    RegistryGate broken = open(RegistryGate.alone());
    RegistryGate page = open(RegistryGate.alone());
    RegistryGate works = open(RegistryGate.alone());
    broken.answers(503, "");
    page.answers(200, "<html>maintenance</html>");
    String urls =
        "http://127.0.0.1:%d, %s/,%s,%s"
            .formatted(unusedPort(), broken.url(), page.url(), works.url());
    AvroSerializer serializer = new AvroSerializer();
    serializer.configure(settings(urls), false);
    assertThat(serializer.serialize("one", EVENT)).startsWith(0, 0, 0, 0, 7);
    assertThat(serializer.serialize("two", EVENT)).startsWith(0, 0, 0, 0, 7);
    assertThat(broken.requests()).hasSize(1);
    assertThat(page.requests()).hasSize(1);
    assertThat(works.requests()).as("the one that answered is asked first").hasSize(2);

    works.answers(500, "");
    assertThatThrownBy(() -> serializer.serialize("three", EVENT))
        .hasCauseInstanceOf(IOException.class)
        .hasMessageContaining(broken.url())
        .hasMessageContaining(page.url())
        .hasMessageContaining(works.url());
    broken.answers(200, "{\"id\": 8}");
    assertThat(serializer.serialize("three", EVENT)).startsWith(0, 0, 0, 0, 8);
  }

  @Test
  void a_no_of_the_registrys_is_not_asked_of_the_next() {
    RegistryGate says = open(RegistryGate.alone());
    RegistryGate next = open(RegistryGate.alone());
    says.answers(409, "{\"error_code\": 409, \"message\": \"Incompatible\"}");
    AvroSerializer serializer = new AvroSerializer();
    serializer.configure(settings(says.url() + "," + next.url()), false);
    assertThatThrownBy(() -> serializer.serialize("one", EVENT))
        .isInstanceOf(RegistryRefusalException.class);
    assertThat(next.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void a_registry_that_does_not_let_us_in_is_told_as_such(int status) {
    RegistryGate gate = open(RegistryGate.alone());
    gate.answers(status, "{\"error_code\": %d, \"message\": \"no\"}".formatted(status));
    assertThatThrownBy(() -> write(settings(gate.url())))
        .isInstanceOf(Trouble.class)
        .hasMessageContaining("refused for our credentials")
        .hasMessageContaining("status " + status)
        .satisfies(thrown -> assertThat(KafkaCodec.isOfCredentials((Trouble) thrown)).isTrue());
    gate.answers(503, "");
    assertThatThrownBy(() -> write(settings(gate.url())))
        .satisfies(thrown -> assertThat(KafkaCodec.isOfCredentials((Trouble) thrown)).isFalse());
  }

  @Test
  void schemas_are_normalized_on_request() {
    RegistryGate gate = open(RegistryGate.alone());
    write(settings(gate.url(), "normalize.schemas", "true"));
    write(settings(gate.url(), "normalize.schemas", "true", "auto.register.schemas", "false"));
    assertThat(gate.requests())
        .containsExactly(
            "POST /subjects/started-value/versions?normalize=true",
            "POST /subjects/started-value?normalize=true");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS", "PEM"})
  void a_registry_is_trusted_by_a_store_of_any_type(String type, @TempDir Path folder)
      throws Exception {
    Certificates certificates = Certificates.in(folder);
    RegistryGate gate = open(RegistryGate.secured(certificates.context(), false));
    Map<String, String> settings =
        settings(
            gate.url(),
            "schema.registry.ssl.truststore.type",
            type,
            "schema.registry.ssl.truststore.location",
            certificates.trustStore(type).toString());
    if (!type.equals("PEM")) {
      settings.put("schema.registry.ssl.truststore.password", Certificates.PASSWORD);
    }
    assertThat(write(settings)).startsWith(0, 0, 0, 0, 7);
    assertThatThrownBy(() -> write(settings(gate.url())))
        .as("not trusted without")
        .isInstanceOf(Trouble.class)
        .hasMessageContaining("no answer");
  }

  @Test
  void certificates_and_keys_may_be_in_the_settings_themselves(@TempDir Path folder)
      throws Exception {
    Certificates certificates = Certificates.in(folder);
    RegistryGate gate = open(RegistryGate.secured(certificates.context(), true));
    Map<String, String> settings =
        settings(
            gate.url(),
            "schema.registry.ssl.truststore.type",
            "PEM",
            "schema.registry.ssl.truststore.certificates",
            certificates.certificate(),
            "schema.registry.ssl.enabled.protocols",
            "TLSv1.2");
    assertThatThrownBy(() -> write(settings)).as("who are we?").isInstanceOf(Trouble.class);
    settings.put("schema.registry.ssl.keystore.type", "PEM");
    settings.put("schema.registry.ssl.keystore.certificate.chain", certificates.certificate());
    settings.put("schema.registry.ssl.keystore.key", certificates.key());
    assertThat(write(settings)).startsWith(0, 0, 0, 0, 7);
  }

  @Test
  void a_store_that_cannot_be_opened_is_told_without_its_password(@TempDir Path folder)
      throws Exception {
    Certificates certificates = Certificates.in(folder);
    Map<String, String> settings =
        settings(
            "https://localhost:1",
            "schema.registry.ssl.keystore.location",
            certificates.keyStore().toString(),
            "schema.registry.ssl.keystore.password",
            SECRET,
            "schema.registry.ssl.keystore.type",
            "PKCS12");
    assertThat(RegistrySettings.problems(settings))
        .singleElement()
        .asString()
        .contains("schema.registry.ssl.*", certificates.keyStore().toString())
        .doesNotContain(SECRET);
    settings.put("schema.registry.ssl.keystore.password", Certificates.PASSWORD);
    settings.put("schema.registry.ssl.key.password", Certificates.PASSWORD);
    assertThat(RegistrySettings.problems(settings)).isEmpty();
  }

  @Test
  void the_documentation_has_every_setting() throws Exception {
    String page = Files.readString(Path.of("../docs/settings.md"));
    assertThat(RegistrySettings.names())
        .allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
