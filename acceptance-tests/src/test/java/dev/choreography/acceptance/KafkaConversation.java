// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * Kafka's protocol. A request to publish says {@code PRODUCE}, the topics, each followed by a
 * semicolon, and its bytes, in which uncompressed keys can be found; one to commit offsets says
 * {@code OFFSET_COMMIT}.
 *
 * @param topicNames the names of topics by their ids, which newer requests carry alone
 */
record KafkaConversation(Function<Uuid, String> topicNames) implements Conversation {

  static final String OFFSET_COMMIT = "OFFSET_COMMIT";

  /** What a request to publish to a topic says, among other topics. */
  static String produce(String topic) {
    return " " + topic + ";";
  }

  @Override
  public byte[] readRequest(DataInputStream in) throws IOException {
    int size = in.readInt();
    ByteBuffer message = ByteBuffer.allocate(Integer.BYTES + size).putInt(size);
    in.readFully(message.array(), Integer.BYTES, size);
    return message.array();
  }

  @Override
  public byte[] readAnswer(DataInputStream in) throws IOException {
    return readRequest(in);
  }

  @Override
  public String request(byte[] message) {
    short api = ByteBuffer.wrap(message).getShort(Integer.BYTES);
    if (api == ApiKeys.OFFSET_COMMIT.id) {
      return OFFSET_COMMIT;
    }
    return api == ApiKeys.PRODUCE.id ? produced(message) : "";
  }

  private String produced(byte[] message) {
    ByteBuffer buffer = ByteBuffer.wrap(message, Integer.BYTES, message.length - Integer.BYTES);
    RequestHeader header = RequestHeader.parse(buffer);
    ProduceRequest request =
        (ProduceRequest)
            AbstractRequest.parseRequest(
                    header.apiKey(), header.apiVersion(), new ByteBufferAccessor(buffer))
                .request;
    return request.data().topicData().stream()
        .map(topic -> produce(name(topic)))
        .collect(Collectors.joining("", "PRODUCE", "\n" + new String(message, ISO_8859_1)));
  }

  private String name(TopicProduceData topic) {
    return topic.name().isEmpty() ? topicNames.apply(topic.topicId()) : topic.name();
  }

  @Override
  public String answer(byte[] message) {
    return "";
  }
}
