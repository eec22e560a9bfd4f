-- What the agent may do: acts that wait for a click, standing rules, and what it remembers of its person.
CREATE TABLE approval (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    state     TEXT NOT NULL DEFAULT 'pending' CHECK (state IN
        ('pending', 'approved', 'declined', 'expired', 'running', 'done', 'failed', 'unknown')),
    decision  TEXT NOT NULL DEFAULT '' CHECK (decision IN ('', 'once', 'always', 'no', 'never')),
    skill     TEXT NOT NULL,
    function  TEXT NOT NULL,
    arguments TEXT NOT NULL,               -- canonical JSON, exactly what is executed; see storage.approvals
    digest    TEXT NOT NULL,               -- SHA-256, hexadecimal, of skill, function and arguments as they were shown
    reason    TEXT NOT NULL DEFAULT '',    -- code of why it asks
    created   REAL NOT NULL,               -- seconds since the epoch, UTC; so are the others
    expires   REAL NOT NULL,
    changed   REAL NOT NULL,
    outcome   TEXT NOT NULL DEFAULT '',    -- what came of it, a sentence
    dump      BLOB                         -- the suspended run; NULL: none, or over
) STRICT;
CREATE INDEX approval_state ON approval (state, expires);

-- Which content led to it.
CREATE TABLE approval_source (
    approval INTEGER NOT NULL REFERENCES approval (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    origin   TEXT NOT NULL,                -- mail, note, feed, peer, skill, model, …
    record   INTEGER REFERENCES record (number) ON DELETE SET NULL,
    title    TEXT NOT NULL DEFAULT '',
    sender   TEXT NOT NULL DEFAULT '',
    quote    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (approval, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_source_record ON approval_source (record) WHERE record IS NOT NULL;

CREATE TABLE rule (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    rule     TEXT NOT NULL,                -- JSON, see agent.rules
    approval INTEGER REFERENCES approval (id) ON DELETE SET NULL, -- whose "always" or "never" made it
    created  REAL NOT NULL
) STRICT;
CREATE INDEX rule_approval ON rule (approval) WHERE approval IS NOT NULL;

CREATE TABLE fact (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL CHECK (kind IN ('fact', 'instruction')),
    text      TEXT NOT NULL,
    origin    TEXT NOT NULL CHECK (origin IN ('you', 'record')),
    record    INTEGER REFERENCES record (number) ON DELETE SET NULL, -- NULL where origin is 'record': it is gone
    confirmed INTEGER NOT NULL DEFAULT 0,
    created   REAL NOT NULL,
    changed   REAL NOT NULL
) STRICT;
CREATE INDEX fact_record ON fact (record) WHERE record IS NOT NULL;
