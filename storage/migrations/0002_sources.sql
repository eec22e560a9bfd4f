-- Sources that are kept fresh, what they brought in, and what the person asked to forget.
ALTER TABLE record ADD COLUMN source INTEGER;                     -- that brought it first; NULL: imported by hand
ALTER TABLE record ADD COLUMN flags TEXT NOT NULL DEFAULT '[]';   -- JSON list: seen, answered, flagged, draft
ALTER TABLE record ADD COLUMN ends REAL;                          -- of an event: seconds since the epoch, UTC
ALTER TABLE record ADD COLUMN name TEXT NOT NULL DEFAULT '';      -- of a note: its file's stem, folded; links name it
CREATE INDEX record_added ON record (added);
CREATE INDEX record_name ON record (name) WHERE name <> '';
CREATE INDEX record_source ON record (source) WHERE source IS NOT NULL;

-- What a note links to: the folded name of another note, or an address.
CREATE TABLE link (
    record INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    target TEXT NOT NULL,
    PRIMARY KEY (record, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_target ON link (target);

CREATE TABLE source (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,                -- imap | notes | feed | calendar | contacts | folder
    name     TEXT NOT NULL,
    config   TEXT NOT NULL,                -- JSON; never a password or a token, which are secrets
    paused   INTEGER NOT NULL DEFAULT 0,
    created  REAL NOT NULL,
    tried    REAL,                         -- when a sync began last
    synced   REAL,                         -- when one last ended well
    due      REAL NOT NULL DEFAULT 0,      -- not before then; 0: at once
    failures INTEGER NOT NULL DEFAULT 0,   -- in a row
    error    TEXT NOT NULL DEFAULT '',     -- code of the last failure, '' after a success
    detail   TEXT NOT NULL DEFAULT ''      -- its English sentence
) STRICT;

-- Where a source stands with one of its parts (an IMAP folder, a feed): whatever lets the next sync go on from there.
CREATE TABLE source_part (
    source INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    part   TEXT NOT NULL,
    state  TEXT NOT NULL,                  -- JSON
    PRIMARY KEY (source, part)
) STRICT, WITHOUT ROWID;

-- Which record an item of a source became.  One record may be several items (a mail in two folders).
CREATE TABLE source_item (
    source  INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    part    TEXT NOT NULL,
    key     TEXT NOT NULL,                 -- IMAP UID, path, guid: unique within the part
    version TEXT NOT NULL,                 -- changes when the item does
    record  INTEGER REFERENCES record (number) ON DELETE SET NULL, -- NULL: forgotten, or nothing to read in it
    gone    REAL,                          -- since when the source has it no more; seconds since the epoch, UTC
    PRIMARY KEY (source, part, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_item_record ON source_item (record) WHERE record IS NOT NULL;
CREATE INDEX source_item_gone ON source_item (gone) WHERE gone IS NOT NULL;

-- What was forgotten must not come back with the next sync: HMAC-SHA256 over message id and digest, under a key that
-- is a secret of the vault.  Importing it by hand takes it back.
CREATE TABLE forgotten (fingerprint BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- How far an import that was interrupted had come.
CREATE TABLE import_progress (
    path        TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,             -- of the file as it was: another one begins anew
    position    INTEGER NOT NULL,          -- bytes of it that are stored
    number      INTEGER NOT NULL,          -- records of it that are stored
    at          REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- What filters look at and the library shows, without the bodies between: at 100,000 records a scan takes a quarter of
-- the time.
CREATE INDEX record_filter ON record (date, kind, listing, recipients, folder, flags, attachment_count, source);

-- The terms of the full-text index as a table, to find what a mistyped word was meant to be.  It stores nothing.
CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_terms, row);
