-- What a server said of the answer that the rows of a table came with, and what the rows were then.
CREATE TABLE _syncValidator (
  entity TEXT NOT NULL,
  provider TEXT NOT NULL,
  functionId TEXT NOT NULL,
  arguments TEXT NOT NULL,
  definition TEXT NOT NULL,
  request TEXT NOT NULL,
  etag TEXT,
  lastModified TEXT,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (entity, provider, functionId, arguments)
) WITHOUT ROWID;

-- Which operation writes a table now; void when the operation has ended.
CREATE TABLE _syncClaim (
  entity TEXT PRIMARY KEY COLLATE NOCASE NOT NULL,
  work INTEGER NOT NULL,
  ordinal INTEGER NOT NULL
) WITHOUT ROWID;

-- Pages that are staged, and where the fetch goes on after them.
CREATE TABLE _syncResume (
  entity TEXT NOT NULL,
  provider TEXT NOT NULL,
  functionId TEXT NOT NULL,
  arguments TEXT NOT NULL,
  definition TEXT NOT NULL,
  work INTEGER NOT NULL,
  staging TEXT NOT NULL,
  cursor TEXT NOT NULL,
  rows INTEGER NOT NULL,
  pages INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (entity, provider, functionId, arguments)
) WITHOUT ROWID;

-- What is to be said of an operation beside its numbers.
ALTER TABLE _syncOperation ADD COLUMN note TEXT;
