-- SPDX-License-Identifier: Apache-2.0

-- One row per (choreography, saga, step): inbox, fence and compensation log in one.
-- Collation "C": keys are compared as bytes, the same way on every machine.
CREATE TABLE choreography_journal (
  choreography text COLLATE "C" NOT NULL,
  saga_id      text COLLATE "C" NOT NULL,
  step         text COLLATE "C" NOT NULL,
  version      integer NOT NULL,
  state        text COLLATE "C" NOT NULL,
  heard        bigint NOT NULL,          -- a bit per event, see dev.choreography.protocol.Heard
  deadline     timestamptz NOT NULL,
  due          timestamptz,              -- when what failed is tried again, by this database's clock
  attempt      integer NOT NULL DEFAULT 0,
  parked       integer NOT NULL DEFAULT 0,
  error        text,
  result       bytea,                    -- the completed event, to undo or publish again
  inputs       bytea,                    -- the predecessors' events, until the step has run
  digest       bytea,                    -- of the start event's payload
  causation    text,
  trace_parent text,
  received     timestamptz,              -- when the cause was read, while the step is set aside
  -- Batches find their rows by this key.
  PRIMARY KEY (choreography, saga_id, step)
) WITH (fillfactor = 80);                -- a row is written two or three times: room to do it in place

-- Events that committed and are not known to be published. Nearly always nearly empty.
CREATE TABLE choreography_outbox (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic      text NOT NULL,
  saga_id    text NOT NULL,              -- the record key
  value      bytea NOT NULL,             -- in wire format
  headers    text NOT NULL,              -- a JSON object of strings
  created_at timestamptz NOT NULL DEFAULT clock_timestamp() -- a batch may take long
) WITH (
  -- Rows live for milliseconds: clean up behind them at once.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 10000
);

-- Up to where each partition was read: every record below next_offset is in this database.
CREATE TABLE choreography_position (
  topic       text COLLATE "C" NOT NULL,
  topic_id    text COLLATE "C" NOT NULL, -- the cluster's: another one when the topic was made again
  partition   integer NOT NULL,
  next_offset bigint NOT NULL,
  epoch       integer NOT NULL,          -- of the leader that wrote the record before, or -1
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);                -- few rows, written with every batch: room to do it in place

-- The versions of steps that were ever hosted here: of no others does the journal have rows.
CREATE TABLE choreography_hosted (
  choreography text COLLATE "C" NOT NULL,
  version      integer NOT NULL,
  step         text COLLATE "C" NOT NULL,
  PRIMARY KEY (choreography, version, step)
);

-- Retries that wait. Rows without a due time, which is nearly all of them, are not in it, so
-- writing them stays in place.
CREATE INDEX choreography_journal_due ON choreography_journal (due) WHERE due IS NOT NULL;

-- Deadlines of steps that completed: the column hardly ever changes, so neither does the index.
CREATE INDEX choreography_journal_deadline ON choreography_journal (deadline);

-- Whose database this is, and which: one row, made at the first start. A backup keeps it.
CREATE TABLE choreography_identity (
  singleton   boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  id          uuid NOT NULL DEFAULT gen_random_uuid(),
  participant text COLLATE "C" NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
