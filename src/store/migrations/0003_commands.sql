-- Writes that are on their way to back ends: documented columns first, ours after them.
DROP TABLE _commandQueue;
CREATE TABLE _commandQueue (
  id TEXT PRIMARY KEY NOT NULL,
  queue TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'processing', 'waiting', 'failed')),
  error TEXT,
  code TEXT,
  entity TEXT NOT NULL,
  recordId TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  createdAt INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  -- The order; never used twice.
  ordinal INTEGER NOT NULL,
  -- The process that is sending it.
  owner TEXT
);
CREATE UNIQUE INDEX _commandQueueOrder ON _commandQueue (ordinal);
CREATE INDEX _commandQueueRecord ON _commandQueue (recordId);
CREATE INDEX _commandQueueOwner ON _commandQueue (owner) WHERE state = 'processing';
INSERT INTO _syncSequence (name, last) VALUES ('command', 0);

-- What became of temporary ids, for whoever still holds one.
CREATE TABLE _tempId (tempId TEXT PRIMARY KEY NOT NULL, id TEXT NOT NULL) WITHOUT ROWID;
