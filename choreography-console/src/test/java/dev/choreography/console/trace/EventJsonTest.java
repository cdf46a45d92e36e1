// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;

class EventJsonTest {

  private static final Schema ORDER =
      new Schema.Parser()
          .parse(
              """
              {"type": "record", "name": "Placed", "fields": [
                {"name": "saga_id", "type": "string"},
                {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
                {"name": "day", "type": {"type": "int", "logicalType": "date"}},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["GIFT", "OWN"]}},
                {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
                  {"name": "article", "type": "string"}, {"name": "pieces", "type": "int"}]}}},
                {"name": "notes", "type": {"type": "map", "values": "string"}},
                {"name": "code", "type": {"type": "fixed", "name": "Code", "size": 2}},
                {"name": "weight", "type": ["null", "double"], "default": null},
                {"name": "again", "type": "boolean", "default": false}]}
              """);

  private static final String WHOLE =
      """
      {"saga_id": "o-1", "amount": "0.65", "day": "2027-05-01", "at": "2027-05-01T10:00:00Z", "kind": "OWN",
       "lines": [{"article": "a", "pieces": 2}], "notes": {"to": "ann"}, "code": "0aff"}
      """;

  private static GenericRecord read(String json) throws Exception {
    return EventJson.read(ORDER, new ObjectMapper().readTree(json));
  }

  private static void refused(String part, String instead, String problem) {
    assertThat(WHOLE).contains(part);
    assertThatThrownBy(() -> read(WHOLE.replace(part, instead)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(problem);
  }

  @Test
  void every_type_is_read_and_what_has_a_default_may_be_left_out() throws Exception {
    GenericRecord order = read(WHOLE);
    assertThat(GenericData.get().validate(ORDER, order)).isTrue();
    assertThat(order)
        .hasToString(
            "{\"saga_id\": \"o-1\", \"amount\": \"A\", \"day\": 20939, \"at\":"
                + " 1809165600000, \"kind\": \"OWN\", \"lines\": [{\"article\": \"a\", \"pieces\":"
                + " 2}], \"notes\": {\"to\": \"ann\"}, \"code\": [10, -1], \"weight\": null,"
                + " \"again\": false}");
    assertThat(read(WHOLE.replace("{\"saga_id\"", "{\"weight\": 1.5, \"saga_id\"")).get("weight"))
        .isEqualTo(1.5);
  }

  @Test
  void what_does_not_fit_is_named_with_what_was_found_and_expected() {
    refused(
        "\"0.65\"",
        "\"0.655\"",
        "amount is \"0.655\", expected a number of at most 6 digits, 2 of them after the point");
    refused(
        "\"0.65\"",
        "123456.7",
        "amount is 123456.7, expected a number of at most 6 digits, 2 of them after the point");
    refused("\"2027-05-01\"", "\"May\"", "day is \"May\", expected a date such as \"2027-05-01\"");
    refused(
        "\"2027-05-01T10:00:00Z\"",
        "true",
        "at is true, expected a time such as \"2027-05-01T10:00:00Z\", to the millisecond");
    refused("\"OWN\"", "\"HIS\"", "kind is \"HIS\", expected one of GIFT, OWN");
    refused("\"pieces\": 2", "\"pieces\": 2.5", "lines[0].pieces is 2.5, expected a whole number");
    refused("{\"to\": \"ann\"}", "[]", "notes is [], expected an object");
    refused("\"0aff\"", "\"0a\"", "code is \"0a\", expected 2 bytes in hexadecimal");
    refused(
        "{\"saga_id\": \"o-1\",",
        "{\"weight\": \"much\", \"saga_id\": \"o-1\",",
        "weight is \"much\", expected a number of at most 15 digits");
  }

  @Test
  void all_problems_are_told_at_once_what_is_missing_and_what_is_too_much() {
    assertThatThrownBy(() -> read("{\"saga_id\": 3, \"ammount\": 1}"))
        .hasMessage(
            "ammount is no field, expected one of saga_id, amount, day, at, kind, lines, notes,"
                + " code, weight, again; saga_id is 3, expected a text; amount is missing, expected"
                + " a number of at most 6 digits, 2 of them after the point; day is missing,"
                + " expected a date such as \"2027-05-01\"; at is missing, expected a time such as"
                + " \"2027-05-01T10:00:00Z\", to the millisecond; kind is missing, expected one of GIFT, OWN; lines is"
                + " missing, expected an array; notes is missing, expected an object; code is"
                + " missing, expected 2 bytes in hexadecimal");
  }
}
