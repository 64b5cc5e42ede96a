-- Documented columns first, additive ones after them.
CREATE TABLE _syncScope (
  id TEXT PRIMARY KEY NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('syncing', 'synced', 'failed', 'interrupted')),
  notStarted INTEGER NOT NULL,
  syncing INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  synced INTEGER NOT NULL,
  lastStartedAt INTEGER,
  lastFailedAt INTEGER,
  lastSyncedAt INTEGER,
  details TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  interrupted INTEGER NOT NULL,
  total INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  CHECK (notStarted + syncing + failed + synced + interrupted = total)
);

CREATE TABLE _syncStatus (
  id TEXT PRIMARY KEY NOT NULL,
  provider TEXT NOT NULL,
  entity TEXT NOT NULL,
  functionId TEXT,
  state TEXT NOT NULL CHECK (state IN ('syncing', 'synced', 'failed', 'interrupted')),
  timestamp INTEGER NOT NULL,
  error TEXT,
  code TEXT,
  instance TEXT NOT NULL,
  arguments TEXT NOT NULL,
  work INTEGER NOT NULL
);
CREATE UNIQUE INDEX _syncStatusKey
  ON _syncStatus (entity, provider, ifnull(functionId, ''), instance, arguments);
CREATE INDEX _syncStatusWork ON _syncStatus (work);

-- The newest epoch of every scope id that ever was; never deleted, so that no epoch is used twice.
CREATE TABLE _syncEpoch (scopeId TEXT PRIMARY KEY NOT NULL, lastEpoch INTEGER NOT NULL);

-- The members of the current run of every scope.
CREATE TABLE _syncInstance (
  scopeId TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  instanceId TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('notStarted', 'syncing', 'failed', 'synced', 'interrupted')),
  attempt INTEGER NOT NULL DEFAULT 0,
  startedAt INTEGER,
  endedAt INTEGER,
  code TEXT,
  error TEXT,
  rows INTEGER NOT NULL DEFAULT 0,
  pages INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  cursor TEXT,
  work INTEGER,
  PRIMARY KEY (scopeId, epoch, instanceId)
) WITHOUT ROWID;
CREATE INDEX _syncInstanceWork ON _syncInstance (work);
CREATE INDEX _syncInstanceId ON _syncInstance (instanceId);

-- Every run of every scope; survives the deletion of the scope.
CREATE TABLE _syncRun (
  scopeId TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  owner TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  startedAt INTEGER NOT NULL,
  endedAt INTEGER,
  total INTEGER NOT NULL,
  notStarted INTEGER NOT NULL,
  syncing INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  synced INTEGER NOT NULL,
  interrupted INTEGER NOT NULL,
  staleCompletions INTEGER NOT NULL DEFAULT 0,
  details TEXT NOT NULL,
  PRIMARY KEY (scopeId, epoch)
) WITHOUT ROWID;

CREATE INDEX _syncRunOpen ON _syncRun (owner) WHERE state = 'syncing';

-- Processes that run something; each also holds a lock on its file beside the database.
CREATE TABLE _syncOwner (
  id TEXT PRIMARY KEY NOT NULL,
  pid INTEGER NOT NULL,
  lockFile TEXT,
  startedAt INTEGER NOT NULL,
  leaseAt INTEGER NOT NULL,
  leaseUptime INTEGER
);

-- One execution of one instance; it may serve several scopes or none.
CREATE TABLE _syncWork (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL,
  instanceId TEXT,
  state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
  startedAt INTEGER NOT NULL
);
CREATE INDEX _syncWorkOwner ON _syncWork (owner) WHERE state = 'open';

CREATE TABLE _syncOperation (
  work INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  statusId TEXT NOT NULL,
  provider TEXT NOT NULL,
  entity TEXT NOT NULL,
  functionId TEXT,
  arguments TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('syncing', 'synced', 'failed', 'interrupted')),
  rows INTEGER NOT NULL DEFAULT 0,
  pages INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  inserted INTEGER,
  updated INTEGER,
  unchanged INTEGER,
  deleted INTEGER,
  code TEXT,
  error TEXT,
  PRIMARY KEY (work, ordinal)
) WITHOUT ROWID;

-- Where the next incremental fetch of a table goes on.
CREATE TABLE _syncCursor (
  entity TEXT NOT NULL,
  provider TEXT NOT NULL,
  functionId TEXT NOT NULL,
  arguments TEXT NOT NULL,
  cursor TEXT NOT NULL,
  PRIMARY KEY (entity, provider, functionId, arguments)
) WITHOUT ROWID;

CREATE TABLE _syncSequence (name TEXT PRIMARY KEY NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO _syncSequence (name, last) VALUES ('status', 0);

-- System tables that apps may query; nothing fills them yet.
CREATE TABLE _commandQueue (
  id TEXT PRIMARY KEY NOT NULL, queue TEXT, type TEXT, payload TEXT, state TEXT, error TEXT
);
CREATE TABLE _fileStatus (id TEXT PRIMARY KEY NOT NULL, commandId TEXT, progress REAL, state TEXT);
