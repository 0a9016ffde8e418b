-- The schema of activityd.db. Users, channels and folders have integer keys
-- besides their ids: an id is free again as soon as its item is deleted, while
-- the rows below the old key are still being swept. AUTOINCREMENT keeps keys
-- from ever being used again.
--
-- Columns declared ANY hold what clients gave as doubles: REAL would lose the
-- sign of -0.0.

-- What the file itself is: epoch (TEXT, of the change history), key (BLOB, for
-- keyed hashes), pruned (INTEGER, the last change that the history forgot), trials
-- (INTEGER, of writing: SQLite writes nothing for a value that stays).
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES
  ('epoch', lower(hex(randomblob(8)))),
  ('key', randomblob(32)),
  ('pruned', 0),
  ('trials', 0);

-- gone: when the user was deleted; the rest of the row is empty then.
CREATE TABLE users (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  username      TEXT UNIQUE,
  email         TEXT NOT NULL,
  language      TEXT NOT NULL,
  display_name  TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  disabled      INTEGER NOT NULL,
  created       REAL NOT NULL,
  gone          REAL
) STRICT;

CREATE INDEX users_gone ON users (key) WHERE gone IS NOT NULL;

-- What every write moves, apart from the user's own row to keep it dense: the
-- number and time of the user's last change, and the revision of what is cached
-- of the user. A deleted user has none.
CREATE TABLE heads (
  user_key INTEGER PRIMARY KEY,
  seq      INTEGER NOT NULL,
  modified REAL NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE channels (
  key             INTEGER PRIMARY KEY AUTOINCREMENT,
  user_key        INTEGER NOT NULL,
  id              TEXT NOT NULL,
  name            TEXT NOT NULL,
  enforce_no_overlap INTEGER NOT NULL,
  client_data     TEXT,
  trashed         INTEGER NOT NULL,
  created         REAL NOT NULL,
  modified        REAL NOT NULL,
  gone            REAL
) STRICT;

CREATE UNIQUE INDEX channels_id ON channels (user_key, id) WHERE gone IS NULL;
CREATE INDEX channels_user ON channels (user_key);
CREATE INDEX channels_gone ON channels (key) WHERE gone IS NOT NULL;

-- A deleted folder stays until its events are swept. gone_to says what becomes
-- of them: NULL, they are deleted; else they are in the folder of that key, or
-- in none for 0. gone_chain is where they were; gone_origin who deleted it.
CREATE TABLE folders (
  key         INTEGER PRIMARY KEY AUTOINCREMENT,
  channel_key INTEGER NOT NULL,
  id          TEXT NOT NULL,
  name        TEXT NOT NULL,
  parent      TEXT,
  hidden      INTEGER NOT NULL,
  client_data TEXT,
  trashed     INTEGER NOT NULL,
  created     REAL NOT NULL,
  modified    REAL NOT NULL,
  gone        REAL,
  gone_to     INTEGER,
  gone_chain  TEXT,
  gone_origin TEXT
) STRICT;

CREATE UNIQUE INDEX folders_id ON folders (channel_key, id) WHERE gone IS NULL;
CREATE INDEX folders_gone ON folders (channel_key) WHERE gone IS NOT NULL;

-- Events lie in the order in which lists show them. duration is NULL for a
-- mark and -1 while a period runs; "end" is NULL for marks and infinite while
-- it runs. tags is a JSON array with each string on a line of its own, so that
-- a search for the whole line finds the whole tag. A deleted event keeps its
-- key, channel, time, modified, deleted and chain (where it was); all else is
-- empty. The value is last: filters need not read past it.
CREATE TABLE events (
  channel_key INTEGER NOT NULL,
  time        ANY NOT NULL,
  id          BLOB NOT NULL,
  folder_key  INTEGER,
  trashed     INTEGER NOT NULL,
  modified    REAL NOT NULL,
  deleted     REAL,
  duration    ANY,
  "end"       ANY,
  type        TEXT,
  tags        TEXT,
  created     REAL NOT NULL,
  created_by  TEXT,
  modified_by TEXT,
  chain       TEXT,
  description TEXT,
  attachments TEXT,
  client_data TEXT,
  value       TEXT,
  PRIMARY KEY (channel_key, time, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX events_id ON events (channel_key, id);
-- The folder makes it answer alone which events are linked to a folder.
CREATE INDEX events_modified ON events (channel_key, modified, folder_key);
-- Time stands in it as part of the primary key.
CREATE INDEX events_periods ON events (channel_key, "end", folder_key)
  WHERE "end" IS NOT NULL AND trashed = 0;

-- What made the events whose ids their clients gave.
CREATE TABLE requests (
  channel_key INTEGER NOT NULL,
  id          BLOB NOT NULL,
  access      TEXT NOT NULL,
  hash        BLOB NOT NULL,
  time        ANY NOT NULL,
  modified    REAL NOT NULL,
  stopped     TEXT NOT NULL,
  PRIMARY KEY (channel_key, id)
) STRICT, WITHOUT ROWID;

-- tokens: the hashes, 32 bytes each, oldest first.
CREATE TABLE accesses (
  user_key        INTEGER NOT NULL,
  id              TEXT NOT NULL,
  type            TEXT NOT NULL,
  name            TEXT NOT NULL,
  device_name     TEXT NOT NULL,
  permissions     TEXT NOT NULL,
  permissions_seq INTEGER NOT NULL,
  tokens          BLOB NOT NULL,
  created         REAL NOT NULL,
  created_by      TEXT NOT NULL,
  modified        REAL NOT NULL,
  expires         ANY,
  last_used       ANY,
  PRIMARY KEY (user_key, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  user_key   INTEGER NOT NULL,
  id         TEXT NOT NULL,
  app_id     TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created    REAL NOT NULL,
  expires    ANY NOT NULL,
  PRIMARY KEY (user_key, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE profiles (
  user_key INTEGER NOT NULL,
  name     TEXT NOT NULL,
  object   TEXT,
  PRIMARY KEY (user_key, name)
) STRICT, WITHOUT ROWID;

-- The history. id is the place in the feed of all users; the newest change is
-- never removed, so that none is given twice. before and after are JSON arrays
-- of folder ids, NULL for no place.
CREATE TABLE changes (
  id       INTEGER PRIMARY KEY,
  user_key INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  action   TEXT NOT NULL,
  item     TEXT NOT NULL,
  channel  TEXT,
  before   TEXT,
  after    TEXT,
  origin   TEXT,
  time     REAL NOT NULL
) STRICT;

CREATE UNIQUE INDEX changes_seq ON changes (user_key, seq);

CREATE TABLE signing_keys (
  id      TEXT PRIMARY KEY,
  secret  BLOB NOT NULL,
  created REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE one_time_tokens (
  token   BLOB PRIMARY KEY,
  purpose TEXT NOT NULL,
  expires ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Keyed hashes of what is counted and of names that are blocked.
CREATE TABLE attempts (
  key   BLOB PRIMARY KEY,
  count INTEGER NOT NULL,
  ends  REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked_names (
  name  BLOB PRIMARY KEY,
  until REAL NOT NULL
) STRICT, WITHOUT ROWID;
