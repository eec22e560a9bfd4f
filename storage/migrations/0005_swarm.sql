-- The swarm: who the person knows, what was agreed with them, what left for them.  Times: seconds since the epoch, UTC.
CREATE TABLE peer (
    id       TEXT PRIMARY KEY,               -- libp2p peer id
    name     TEXT NOT NULL,                  -- as the person calls it
    standing TEXT NOT NULL CHECK (standing IN ('contact', 'known', 'blocked')),
    identity TEXT NOT NULL DEFAULT '',       -- did:key that the peer id speaks for
    binding  BLOB,                           -- the signature that says so, see p2p.identity
    relays   INTEGER NOT NULL DEFAULT 0,     -- 1: agreed to relay for us
    added    REAL NOT NULL,
    seen     REAL,                           -- connected last
    way      TEXT NOT NULL DEFAULT '',       -- how it was reached then
    rtt      REAL                            -- seconds of the last ping
) STRICT;
CREATE TABLE peer_address (
    peer    TEXT NOT NULL REFERENCES peer (id) ON DELETE CASCADE,
    address TEXT NOT NULL,                   -- multiaddr, without /p2p/…
    seen    REAL NOT NULL,                   -- named or used last
    PRIMARY KEY (peer, address)
) STRICT, WITHOUT ROWID;
-- One use each; what was handed out is known by its hash alone.
CREATE TABLE invite (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    secret  BLOB NOT NULL UNIQUE,            -- SHA-256 of the secret
    name    TEXT NOT NULL DEFAULT '',        -- whom it is meant for
    created REAL NOT NULL,
    expires REAL NOT NULL,
    used    REAL,
    peer    TEXT NOT NULL DEFAULT ''         -- who used it
) STRICT;
CREATE TABLE ban (
    peer  TEXT PRIMARY KEY,
    until REAL NOT NULL,
    times INTEGER NOT NULL                   -- bans it has had: each is longer than the one before
) STRICT, WITHOUT ROWID;

-- Conversations: the state of a machine, and the effects of its last steps that have not happened yet.
CREATE TABLE dialogue (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,              -- 32 hexadecimal digits
    role         TEXT NOT NULL CHECK (role IN ('initiator', 'participant')),
    peer         TEXT NOT NULL DEFAULT '',   -- the initiator, where we are the participant
    kind         TEXT NOT NULL,
    state        BLOB NOT NULL,              -- CBOR
    outcome      TEXT NOT NULL DEFAULT '',   -- done, failed, refused, cancelled, expired; '': it goes on
    wake         REAL,                       -- when the machine wants to know the time
    created      REAL NOT NULL,
    changed      REAL NOT NULL,
    UNIQUE (conversation, role, peer)        -- a stranger who guesses a conversation does not come into it
) STRICT;
CREATE INDEX dialogue_wake ON dialogue (wake) WHERE outcome = '';
CREATE TABLE effect (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    dialogue INTEGER REFERENCES dialogue (number) ON DELETE CASCADE, -- NULL: a letter or another single message
    key      TEXT NOT NULL UNIQUE,           -- the same effect twice is one
    kind     TEXT NOT NULL,                  -- send, work, stop, …
    peer     TEXT NOT NULL DEFAULT '',       -- for whom, where it is a message
    payload  BLOB NOT NULL,
    due      REAL NOT NULL,
    expires  REAL NOT NULL,                  -- given up after it
    tries    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX effect_due ON effect (due);
-- Messages that were taken, so that each counts once; see p2p.inbox for how long they are remembered.
CREATE TABLE heard (
    sender TEXT NOT NULL,
    digest BLOB NOT NULL,                    -- SHA-256 of what was signed
    sent   INTEGER NOT NULL,                 -- milliseconds since the epoch, by the sender's clock
    PRIMARY KEY (sender, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX heard_sent ON heard (sender, sent);
CREATE TABLE heard_floor (
    sender TEXT PRIMARY KEY,
    floor  INTEGER NOT NULL                  -- what was sent no later than this is refused: it may have been forgotten
) STRICT, WITHOUT ROWID;

-- What a person sees of a conversation.
CREATE TABLE task (
    id       TEXT PRIMARY KEY,               -- the conversation; for somebody else's with its peer before it
    dialogue INTEGER REFERENCES dialogue (number) ON DELETE SET NULL,
    role     TEXT NOT NULL CHECK (role IN ('initiator', 'participant')),
    kind     TEXT NOT NULL,
    spec     BLOB NOT NULL,                  -- CBOR: what was asked for
    audience TEXT NOT NULL DEFAULT '[]',     -- JSON list of peer ids
    state    TEXT NOT NULL,
    provider TEXT NOT NULL DEFAULT '',
    price    INTEGER NOT NULL DEFAULT 0,
    result   BLOB,                           -- CBOR
    detail   TEXT NOT NULL DEFAULT '',       -- why it ended so
    ms       INTEGER,                        -- from the call to the result
    created  REAL NOT NULL,
    ended    REAL
) STRICT;
CREATE INDEX task_created ON task (created);
-- Every message of a task as it went and came: the sequence diagram.
CREATE TABLE task_message (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    task         TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    at           REAL NOT NULL,
    peer         TEXT NOT NULL,
    outgoing     INTEGER NOT NULL,
    performative TEXT NOT NULL,
    detail       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX task_message_task ON task_message (task);

-- What this node does for others, and how much of it was used.
CREATE TABLE offer (
    kind     TEXT PRIMARY KEY,
    audience TEXT NOT NULL CHECK (audience IN ('nobody', 'contacts', 'open')),
    price    INTEGER NOT NULL DEFAULT 0,
    quota    INTEGER NOT NULL,               -- of one peer in a day; what is counted depends on the kind
    at_once  INTEGER NOT NULL DEFAULT 1,     -- tasks of this kind at the same time
    asks     INTEGER NOT NULL DEFAULT 0,     -- 1: the person is asked for each
    settings TEXT NOT NULL DEFAULT '{}',     -- JSON: hours, skills, models
    changed  REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
    peer   TEXT NOT NULL,
    kind   TEXT NOT NULL,
    day    TEXT NOT NULL,                    -- YYYY-MM-DD, UTC
    amount INTEGER NOT NULL,
    PRIMARY KEY (peer, kind, day)
) STRICT, WITHOUT ROWID;

-- From person to person.
CREATE TABLE letter (
    id        TEXT PRIMARY KEY,              -- the conversation of its message
    peer      TEXT NOT NULL,
    outgoing  INTEGER NOT NULL,
    text      TEXT NOT NULL,
    automatic INTEGER NOT NULL DEFAULT 0,    -- 1: an agent wrote it and no person read it
    state     TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'new', 'read')),
    at        REAL NOT NULL
) STRICT;
CREATE INDEX letter_peer ON letter (peer, at);

-- All that left: each line holds the hash of the one before it, so that an edit shows.
CREATE TABLE disclosure (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      REAL NOT NULL,
    peer    TEXT NOT NULL,
    kind    TEXT NOT NULL,                   -- inference, meeting, letter, …
    task    TEXT NOT NULL DEFAULT '',
    bytes   INTEGER NOT NULL,
    digest  TEXT NOT NULL,                   -- SHA-256, hexadecimal, of the exact bytes
    records TEXT NOT NULL DEFAULT '[]',      -- JSON list of the ids of records that they came from
    why     TEXT NOT NULL,                   -- who agreed: typed, once, always, offer
    chain   TEXT NOT NULL                    -- SHA-256 over the line before and this one
) STRICT;
CREATE TABLE consent (
    peer     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('always', 'never')),
    created  REAL NOT NULL,
    PRIMARY KEY (peer, kind)
) STRICT, WITHOUT ROWID;
