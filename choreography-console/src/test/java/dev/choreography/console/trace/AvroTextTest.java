// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.choreography.avro.GenericAvroDeserializer;
import dev.choreography.avro.GenericAvroSerializer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a trace prints of an event is as people write it, and is read back to the same bytes. */
class AvroTextTest {

  private static final int SCHEMAS = 300;
  private static final int VALUES = 10;

  private static HttpServer registry;
  private static final AtomicReference<String> SCHEMA = new AtomicReference<>("");
  private static String url;

  /** Knows one schema, by any id. */
  @BeforeAll
  static void registry() throws IOException {
    registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext(
        "/",
        exchange -> {
          boolean registers = exchange.getRequestMethod().equals("POST");
          byte[] answer =
              (registers
                      ? "{\"id\": 1}"
                      : new ObjectMapper()
                          .createObjectNode()
                          .put("schema", SCHEMA.get())
                          .toString())
                  .getBytes(UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    registry.start();
    url = "http://127.0.0.1:" + registry.getAddress().getPort();
  }

  @AfterAll
  static void close() {
    registry.stop(0);
  }

  /** From bytes to the text that a person reads, and back, through what the console uses. */
  private static final class Way implements AutoCloseable {

    private final Schema type;
    private final GenericAvroSerializer serializer = new GenericAvroSerializer();
    private final GenericAvroDeserializer deserializer = new GenericAvroDeserializer();

    Way(Schema type) {
      this.type = type;
      SCHEMA.set(type.toString());
      serializer.configure(Map.of("schema.registry.url", url), false);
      deserializer.configure(Map.of("schema.registry.url", url), false);
    }

    byte[] bytes(GenericRecord event) {
      return Objects.requireNonNull(serializer.serialize("t", event));
    }

    String text(byte[] bytes) {
      return PayloadJson.of(Objects.requireNonNull(deserializer.deserialize("t", bytes)))
          .toString();
    }

    byte[] read(String text) {
      return bytes(EventJson.read(type, json(text)));
    }

    @Override
    public void close() {
      serializer.close();
      deserializer.close();
    }
  }

  private static JsonNode json(String text) {
    try {
      return ExactJson.read(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(text, e);
    }
  }

  @Test
  void every_value_of_every_type_is_read_back_to_the_same_bytes() {
    for (long seed = 0; seed < SCHEMAS; seed++) {
      RandomAvro random = new RandomAvro(seed);
      Schema event = random.event();
      try (Way way = new Way(event)) {
        for (int i = 0; i < VALUES; i++) {
          byte[] bytes = way.bytes((GenericRecord) Objects.requireNonNull(random.value(event)));
          String text = way.text(bytes);
          assertThat(way.read(text)).as("seed %d, %s: %s", seed, event, text).isEqualTo(bytes);
        }
      }
    }
  }

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("decimal", "{'type':'bytes','logicalType':'decimal','precision':20,'scale':2}"),
          Map.entry(
              "fixed",
              "{'type':'fixed','name':'T','size':8,'logicalType':'decimal','precision':16,'scale':4}"),
          Map.entry("big", "{'type':'bytes','logicalType':'big-decimal'}"),
          Map.entry("uuid", "{'type':'string','logicalType':'uuid'}"),
          Map.entry("uuid16", "{'type':'fixed','name':'U','size':16,'logicalType':'uuid'}"),
          Map.entry("duration", "{'type':'fixed','name':'D','size':12,'logicalType':'duration'}"),
          Map.entry("date", "{'type':'int','logicalType':'date'}"),
          Map.entry("optional-date", "['null',{'type':'int','logicalType':'date'}]"),
          Map.entry("dates", "{'type':'array','items':{'type':'int','logicalType':'date'}}"),
          Map.entry("time", "{'type':'int','logicalType':'time-millis'}"),
          Map.entry("micro-time", "{'type':'long','logicalType':'time-micros'}"),
          Map.entry("millis", "{'type':'long','logicalType':'timestamp-millis'}"),
          Map.entry("micros", "{'type':'long','logicalType':'timestamp-micros'}"),
          Map.entry("nanos", "{'type':'long','logicalType':'timestamp-nanos'}"),
          Map.entry("local", "{'type':'long','logicalType':'local-timestamp-millis'}"),
          Map.entry("local-nanos", "{'type':'long','logicalType':'local-timestamp-nanos'}"),
          Map.entry("long", "'long'"),
          Map.entry("float", "'float'"),
          Map.entry("double", "'double'"),
          Map.entry("bytes", "'bytes'"),
          Map.entry("optional", "['null','bytes','string','double']"));

  private static Schema one(String type) {
    return new Schema.Parser()
        .parse(
            ("{'type':'record','name':'R','fields':[{'name':'v','type':" + TYPES.get(type) + "}]}")
                .replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          decimal       | "100.00"                       | "100.00"
          decimal       | 123456789012345678.91          | "123456789012345678.91"
          decimal       | "-0.5"                         | "-0.50"
          fixed         | "1.2345"                       | "1.2345"
          big           | "1234.500"                     | "1234.500"
          big           | 100.00                         | "100.00"
          uuid          | "6f1b1b3e-8d6c-4c5e-9c58-0d1f6a2b7c11" | "6f1b1b3e-8d6c-4c5e-9c58-0d1f6a2b7c11"
          uuid16        | "6f1b1b3e-8d6c-4c5e-9c58-0d1f6a2b7c11" | "6f1b1b3e-8d6c-4c5e-9c58-0d1f6a2b7c11"
          duration      | "P1Y2M3DT4H5.250S"             | "P14M3DT14405.250S"
          duration      | "PT0S"                         | "PT0S"
          date          | "2024-10-04"                   | "2024-10-04"
          date          | 20000                          | "2024-10-04"
          optional-date | "2024-10-04"                   | "2024-10-04"
          dates         | ["2024-10-04"]                 | ["2024-10-04"]
          time          | "10:15"                        | "10:15:00"
          micro-time    | "10:15:00.000001"              | "10:15:00.000001"
          millis        | "2027-05-01T10:00:00Z"         | "2027-05-01T10:00:00Z"
          micros        | "1969-12-31T23:59:59.999999Z"  | "1969-12-31T23:59:59.999999Z"
          nanos         | "2027-05-01T12:00:00.000000001+02:00" | "2027-05-01T10:00:00.000000001Z"
          local         | "2027-05-01T10:00:00"          | "2027-05-01T10:00:00"
          local-nanos   | "2027-05-01T10:00:00.1"        | "2027-05-01T10:00:00.1"
          long          | 9007199254740993               | 9007199254740993
          double        | "NaN"                          | "NaN"
          double        | "-Infinity"                    | "-Infinity"
          double        | 0.1                            | 0.1
          float         | 3.25                           | 3.25
          bytes         | "0aff"                         | "0aff"
          optional      | "hello"                        | "hello"
          optional      | {"string": "0aff"}             | {"string":"0aff"}
          optional      | {"bytes": "0aff"}              | "0aff"
          """)
  void a_value_is_as_people_write_it(String type, String given, String shown) {
    try (Way way = new Way(one(type))) {
      assertThat(way.text(way.read("{\"v\": " + given + "}")).replace(", ", ","))
          .isEqualTo("{\"v\":" + shown + "}");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          decimal  | "1.234"
          decimal  | 1e999999999
          decimal  | "1234567890123456789.00"
          fixed    | "1.23456"
          fixed    | 1234567890123456
          uuid     | "no-uuid"
          uuid     | "1-1-1-1-1"
          uuid16   | "no-uuid"
          duration | "P"
          duration | "PT0.0001S"
          duration | "P4294967296D"
          date     | "2027-02-29"
          time     | "10:00:00.0001"
          millis   | "2027-05-01T10:00:00.0001Z"
          micros   | "2027-05-01T10:00:00.0000001Z"
          nanos    | "9999-05-01T10:00:00Z"
          local    | "2027-05-01T10:00:00Z"
          long     | 9223372036854775808
          long     | 1.5
          double   | 123456789012345678.91
          double   | 9007199254740993
          double   | 1e400
          float    | 0.123456789
          float    | 1e39
          bytes    | "0af"
          """)
  void what_would_change_is_refused(String type, String given) {
    assertThatThrownBy(() -> EventJson.read(one(type), json("{\"v\": " + given + "}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("v is ")
        .hasMessageContaining(", expected ");
  }
}
