// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Durations in milliseconds, counted in buckets of which each is at most a quarter wide. */
public final class Durations {

  private static final int EXACT = 8;
  private static final int PER_OCTAVE = 4;

  private final NavigableMap<Integer, Long> buckets = new TreeMap<>();
  private long count;

  /** None yet. */
  public Durations() {}

  /** The bucket of a duration; a clock that is behind makes it 0. */
  static int bucket(long millis) {
    long positive = Math.max(0, millis);
    if (positive < EXACT) {
      return (int) positive;
    }
    int octave = 63 - Long.numberOfLeadingZeros(positive);
    int quarter = (int) (positive >> (octave - 2)) & (PER_OCTAVE - 1);
    return EXACT + (octave - 3) * PER_OCTAVE + quarter;
  }

  /** The longest that lies in a bucket. */
  static long largest(int bucket) {
    if (bucket < EXACT) {
      return bucket;
    }
    int octave = 3 + (bucket - EXACT) / PER_OCTAVE;
    long quarter = ((long) bucket - EXACT) % PER_OCTAVE;
    return ((PER_OCTAVE + quarter + 1) << (octave - 2)) - 1;
  }

  /** Adds so many of a bucket. */
  public void add(int bucket, long some) {
    buckets.merge(bucket, some, Long::sum);
    count += some;
  }

  /** How many there are. */
  public long count() {
    return count;
  }

  /** What this share of all, 0 to 1, did not exceed; null if there are none. */
  public @Nullable Long percentile(double share) {
    long rank = (long) Math.ceil(share * count);
    long before = 0;
    for (Map.Entry<Integer, Long> bucket : buckets.entrySet()) {
      before += bucket.getValue();
      if (before >= rank && count > 0) {
        return largest(bucket.getKey());
      }
    }
    return null;
  }
}
