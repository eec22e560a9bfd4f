-- The first form of the vault.  Migrations are append-only: never edit one that was released.
-- AUTOINCREMENT: a number that was forgotten is never given again, so that an index in memory, a citation or a
-- conversation cannot come to mean another record.
CREATE TABLE record (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    kind             TEXT NOT NULL,
    external_id      TEXT NOT NULL DEFAULT '',
    digest           BLOB NOT NULL,              -- SHA-256 of what a reader sees
    title            TEXT NOT NULL,
    sender           TEXT NOT NULL DEFAULT '',
    date             REAL,                       -- seconds since the epoch, UTC
    thread           INTEGER NOT NULL,           -- smallest record number the thread ever had
    subject          TEXT NOT NULL DEFAULT '',   -- of a mail: without prefixes, folded (storage.threads)
    bare_reply       INTEGER NOT NULL DEFAULT 0, -- 1: a reply or forward that names no message it answers
    attachment_count INTEGER NOT NULL DEFAULT 0,
    language         TEXT NOT NULL DEFAULT '',   -- 'en', 'fr' or ''
    folder           TEXT NOT NULL DEFAULT '',
    origin           TEXT NOT NULL DEFAULT '',
    added            REAL NOT NULL,
    listing          TEXT NOT NULL DEFAULT '',   -- title and sender, folded, for the library's filter
    recipients       TEXT NOT NULL DEFAULT '[]', -- JSON list
    refs             TEXT NOT NULL DEFAULT '[]', -- JSON list of message ids, oldest first
    warnings         TEXT NOT NULL DEFAULT '[]', -- JSON list
    body             TEXT NOT NULL,              -- what may be long stands last
    attachments      TEXT NOT NULL DEFAULT '[]'  -- JSON list of {name, media_type, size, text}
) STRICT;
CREATE INDEX record_thread ON record (thread);
CREATE INDEX record_date ON record (date);
CREATE INDEX record_subject ON record (subject, date) WHERE subject <> '';
CREATE INDEX record_bare_reply ON record (subject, date) WHERE bare_reply = 1;

-- Message ids that a record names or bears: how threads find each other, whatever the order of arrival.
CREATE TABLE thread_key (
    message_id TEXT NOT NULL,
    record     INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    PRIMARY KEY (message_id, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_key_record ON thread_key (record);

CREATE TABLE original (
    record INTEGER PRIMARY KEY REFERENCES record (number) ON DELETE CASCADE,
    bytes  BLOB NOT NULL                       -- zlib
) STRICT;

CREATE TABLE chunk (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    record   INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,                 -- 0, 1, … within the record
    start    INTEGER NOT NULL,                 -- characters into record.body; -1 for an attachment's text
    "end"    INTEGER NOT NULL,
    text     TEXT NOT NULL,
    context  TEXT NOT NULL                     -- who / when / subject, prefixed before embedding
) STRICT;
CREATE INDEX chunk_record ON chunk (record, position);

-- Stemmed, accent-folded terms of context and text; rowid is chunk.id.
CREATE VIRTUAL TABLE chunk_terms USING fts5 (terms, tokenize = "unicode61 remove_diacritics 0");
INSERT INTO chunk_terms (chunk_terms, rank) VALUES ('secure-delete', 1);

-- Vectors: fp16, row-major, L2-normalised, up to 1,000 to a block.
CREATE TABLE vector_block (
    id         INTEGER PRIMARY KEY,
    model      TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    chunks     BLOB NOT NULL,                  -- little-endian int64 chunk ids
    vectors    BLOB NOT NULL                   -- little-endian float16
) STRICT;
CREATE INDEX vector_block_model ON vector_block (model, count);
-- Which chunks have a vector of which model, and where: what is missing here is embedded next.
CREATE TABLE embedded (
    chunk INTEGER NOT NULL REFERENCES chunk (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (chunk, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    title   TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL
) STRICT;
CREATE TABLE message (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    role         TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text         TEXT NOT NULL,                -- Markdown
    citations    TEXT NOT NULL DEFAULT '[]',   -- JSON list, see storage.conversations.Citation
    model        TEXT NOT NULL DEFAULT '',
    created      REAL NOT NULL
) STRICT;
CREATE INDEX message_conversation ON message (conversation);

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID; -- JSON
CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID; -- host key and the like
CREATE TABLE import_failure (
    id     INTEGER PRIMARY KEY,
    at     REAL NOT NULL,
    path   TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL
) STRICT;
