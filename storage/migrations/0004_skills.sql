-- Skills: what is installed and from where, what ran, what runs keep, and what they leave on mail.
CREATE TABLE skill (
    name        TEXT PRIMARY KEY,
    version     TEXT NOT NULL DEFAULT '',    -- '': a plain folder of instructions
    digest      TEXT NOT NULL,               -- SHA-256, hexadecimal, of its files; see docs/skills.md
    source      TEXT NOT NULL,               -- 'bundled', a catalog's address, or the file or folder it came from
    signer      TEXT NOT NULL DEFAULT '',    -- key id of who signed the release; '': nobody
    permissions TEXT NOT NULL,               -- JSON list: what the person agreed to
    archive     BLOB NOT NULL,               -- the packed skill
    enabled     INTEGER NOT NULL DEFAULT 1,  -- as the person wants it
    revoked     TEXT NOT NULL DEFAULT '',    -- why a catalog revoked it; while it is not empty the skill is off
    installed   REAL NOT NULL,               -- seconds since the epoch, UTC; so are the others
    changed     REAL NOT NULL
) STRICT;
CREATE TABLE catalog (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    address  TEXT NOT NULL UNIQUE,           -- https://…, or the path of its file
    name     TEXT NOT NULL DEFAULT '',
    trusted  TEXT NOT NULL DEFAULT '[]',     -- JSON list of key ids
    sequence INTEGER NOT NULL DEFAULT 0,     -- the newest index that was seen: an older one is refused
    "index"  BLOB,                           -- the signed index as it was read; NULL: never
    fetched  REAL,
    problem  TEXT NOT NULL DEFAULT '',       -- code of the last failure; '': it was read
    detail   TEXT NOT NULL DEFAULT ''        -- its English sentence
) STRICT;

-- One run of a skill, with every host call it made.
CREATE TABLE run (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    skill    TEXT NOT NULL,
    version  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    entry    TEXT NOT NULL,
    occasion TEXT NOT NULL,                  -- request, mail, schedule, feed, task
    inputs   TEXT NOT NULL,                  -- JSON
    state    TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'waiting', 'done', 'failed', 'stopped')),
    started  REAL NOT NULL,
    ended    REAL,
    value    TEXT NOT NULL DEFAULT 'null',   -- JSON: what it returned
    code     TEXT NOT NULL DEFAULT '',       -- why it failed
    sentence TEXT NOT NULL DEFAULT '',
    printed  TEXT NOT NULL DEFAULT '',
    taint    TEXT NOT NULL DEFAULT '{}',     -- JSON, see agent.taint
    binding  TEXT NOT NULL DEFAULT '{}',     -- JSON: what a suspended run is bound to and may still use
    approval INTEGER REFERENCES approval (id) ON DELETE SET NULL -- what it waits for
) STRICT;
CREATE INDEX run_skill ON run (skill, id);
CREATE INDEX run_approval ON run (approval) WHERE approval IS NOT NULL;
CREATE TABLE run_call (
    run       INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number    INTEGER NOT NULL,
    function  TEXT NOT NULL,
    arguments TEXT NOT NULL,                 -- JSON
    decision  TEXT NOT NULL,                 -- allow, ask, deny
    reason    TEXT NOT NULL DEFAULT '',
    at        REAL NOT NULL,
    approval  INTEGER REFERENCES approval (id) ON DELETE SET NULL, -- the question or the record of this very act
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_call_approval ON run_call (approval) WHERE approval IS NOT NULL;
-- What a run has read: forgetting a record takes what was made from it.
CREATE TABLE run_record (
    run    INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    record INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    PRIMARY KEY (run, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_record_record ON run_record (record);
-- How far a trigger has been run: each mail, item or time of day once.
CREATE TABLE fired (
    skill    TEXT NOT NULL,
    trigger_ TEXT NOT NULL,                  -- 'mail:ENTRY', 'feed:ENTRY', 'schedule:ENTRY:HH:MM'
    upto     REAL NOT NULL,                  -- number of the last record; moment of the last time of day
    at       REAL NOT NULL,
    PRIMARY KEY (skill, trigger_)
) STRICT, WITHOUT ROWID;
CREATE TABLE failing (
    skill TEXT PRIMARY KEY REFERENCES skill (name) ON DELETE CASCADE,
    times INTEGER NOT NULL                   -- failures in a row of runs that nobody asked for
) STRICT, WITHOUT ROWID;
-- A skill's own small memory; what was read before it was written follows it.
CREATE TABLE kept (
    skill   TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,                   -- JSON
    taint   TEXT NOT NULL DEFAULT '{}',
    changed REAL NOT NULL,
    PRIMARY KEY (skill, key)
) STRICT, WITHOUT ROWID;

-- What a mail was found to be: labels, priority, whether it wants an answer.
CREATE TABLE mark (
    record   INTEGER PRIMARY KEY REFERENCES record (number) ON DELETE CASCADE,
    labels   TEXT NOT NULL DEFAULT '[]',     -- JSON list
    priority TEXT NOT NULL DEFAULT '' CHECK (priority IN ('', 'low', 'normal', 'high')),
    answer   INTEGER NOT NULL DEFAULT 0,
    skill    TEXT NOT NULL DEFAULT '',       -- who said so; '': the person
    changed  REAL NOT NULL
) STRICT;
CREATE TABLE draft (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    record   INTEGER REFERENCES record (number) ON DELETE SET NULL, -- the mail it answers
    message  TEXT NOT NULL,                  -- JSON: to, cc, subject, text
    skill    TEXT NOT NULL DEFAULT '',
    state    TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'sent', 'dropped')),
    created  REAL NOT NULL,
    changed  REAL NOT NULL
) STRICT;
CREATE INDEX draft_record ON draft (record) WHERE record IS NOT NULL;

-- What the agent did, why, and how to take it back.
CREATE TABLE activity (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       REAL NOT NULL,
    actor    TEXT NOT NULL,                  -- a skill's name, or '(nuee)'
    function TEXT NOT NULL,
    values_  TEXT NOT NULL DEFAULT '{}',     -- JSON: fills the sentence `agent.did.FUNCTION`
    run      INTEGER REFERENCES run (id) ON DELETE SET NULL,
    approval INTEGER REFERENCES approval (id) ON DELETE SET NULL,
    undo     TEXT NOT NULL DEFAULT '',       -- JSON: how to take it back; '': it cannot be
    undone   REAL
) STRICT;
CREATE TABLE activity_record (
    activity INTEGER NOT NULL REFERENCES activity (id) ON DELETE CASCADE,
    record   INTEGER NOT NULL REFERENCES record (number) ON DELETE CASCADE,
    PRIMARY KEY (activity, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_record_record ON activity_record (record);

-- What the topmost results in a mail's header say about its sender (RFC 8601), and whose server wrote them.  Mail that
-- was here before has none: its header is read when it is asked for.
CREATE TABLE authentication (
    record   INTEGER PRIMARY KEY REFERENCES record (number) ON DELETE CASCADE,
    verdict  TEXT NOT NULL CHECK (verdict IN ('passed', 'failed', 'none')),
    server   TEXT NOT NULL DEFAULT '',       -- its organisation's domain
    received INTEGER NOT NULL                -- 1: a server handed it on; else it never travelled
) STRICT;
