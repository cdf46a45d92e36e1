// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Several shards as one.
 *
 * @param all of which each has sagas that no other has
 */
record Shards(List<Shard> all) {

  Map<String, Long> counts(String kind, String from) {
    Map<String, Long> sums = new TreeMap<>();
    for (Shard shard : all) {
      shard
          .counts(kind, from)
          .forEach(
              (key, some) ->
                  sums.merge(key, some, kind.equals(Counter.HEARD) ? Long::max : Long::sum));
    }
    return sums;
  }

  Page page(SagaQuery query) {
    List<Page> pages = new ArrayList<>();
    for (Shard shard : all) {
      pages.add(shard.page(query));
    }
    return Page.merge(pages, query);
  }

  @Nullable Tracked saga(SagaKey key) {
    for (Shard shard : all) {
      Tracked found = shard.saga(key);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  List<byte[]> events(SagaKey saga) {
    List<byte[]> events = new ArrayList<>();
    for (Shard shard : all) {
      events.addAll(shard.events(saga));
    }
    return events;
  }
}
