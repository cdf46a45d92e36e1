// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A map whose changes are undone with the transaction that made them. */
final class Table<K, V> extends AbstractMap<K, V> {

  private final Map<K, V> rows = new LinkedHashMap<>();
  private final Undo undo;

  Table(Undo undo) {
    this.undo = undo;
  }

  @Override
  public @Nullable V get(@Nullable Object key) {
    return rows.get(key);
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return rows.containsKey(key);
  }

  @Override
  public @Nullable V put(K key, V value) {
    V before = rows.put(key, value);
    undo.add(() -> restore(key, before));
    return before;
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // what is removed was put
  public @Nullable V remove(@Nullable Object key) {
    if (!rows.containsKey(key)) {
      return null;
    }
    V before = rows.remove(key);
    undo.add(() -> restore((K) key, before));
    return before;
  }

  private void restore(K key, @Nullable V before) {
    if (before == null) {
      rows.remove(key);
    } else {
      rows.put(key, before);
    }
  }

  @Override
  public Set<Entry<K, V>> entrySet() {
    return new Rows();
  }

  private final class Rows extends AbstractSet<Entry<K, V>> {
    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public Iterator<Entry<K, V>> iterator() {
      Iterator<Entry<K, V>> each = rows.entrySet().iterator();
      return new Iterator<>() {
        private @Nullable Entry<K, V> last;

        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public Entry<K, V> next() {
          Entry<K, V> row = each.next();
          last = row;
          return new Row<>(row, Table.this);
        }

        @Override
        public void remove() {
          Entry<K, V> removed = last;
          each.remove();
          if (removed != null) {
            undo.add(() -> restore(removed.getKey(), removed.getValue()));
          }
        }
      };
    }
  }

  /** An entry that writes through the table. */
  private static final class Row<K, V> extends SimpleEntry<K, V> {
    private static final long serialVersionUID = 1L;
    private final transient Table<K, V> table;

    private Row(Entry<K, V> entry, Table<K, V> table) {
      super(entry);
      this.table = table;
    }

    @Override
    public V setValue(V value) {
      table.put(getKey(), value);
      return super.setValue(value);
    }
  }
}
