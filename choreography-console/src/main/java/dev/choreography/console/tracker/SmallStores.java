// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * RocksDB for a laptop: all stores of this process share 32 MiB beside the heap, where each would
 * take 50 and more. Made by Kafka Streams, by its name.
 */
public final class SmallStores implements RocksDBConfigSetter {

  private static final long MIB = 1024 * 1024;

  static {
    RocksDB.loadLibrary();
  }

  private static final Cache CACHE = new LRUCache(32 * MIB);
  private static final WriteBufferManager BUFFERS = new WriteBufferManager(12 * MIB, CACHE);

  /** For Kafka Streams. */
  public SmallStores() {}

  @Override
  public void setConfig(String store, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(CACHE);
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setWriteBufferManager(BUFFERS);
    options.setWriteBufferSize(2 * MIB);
    options.setMaxWriteBufferNumber(2);
    options.setTableFormatConfig(table);
  }

  @Override
  public void close(String store, Options options) {
    // The cache and the buffers are the process's.
  }
}
