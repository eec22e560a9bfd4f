-- The chain: which ones this node knows, what it sent there, what came of it.  Times: seconds since the epoch, UTC.
-- Addresses: 0x and 40 hexadecimal digits in lower case.  Amounts: decimal text, since they are larger than 64 bits.
CREATE TABLE chain (
    name          TEXT PRIMARY KEY,          -- as the person calls it
    kind          TEXT NOT NULL CHECK (kind IN ('embedded', 'rpc', 'peer')),
    chain_id      INTEGER NOT NULL,
    genesis       TEXT NOT NULL,             -- hash of block 0
    endpoints     TEXT NOT NULL DEFAULT '[]', -- JSON list: URLs, or the peer id of whoever hosts it
    contracts     TEXT NOT NULL DEFAULT '{}', -- JSON map of roles (p2p.methods.ROLES) to addresses
    dialect       TEXT NOT NULL DEFAULT 'prose' CHECK (dialect IN ('prose', 'printed')), -- of the kernel, see docs/contracts.md
    confirmations INTEGER NOT NULL DEFAULT 1,
    settings      TEXT NOT NULL DEFAULT '{}', -- JSON: most_fee, currency, …
    added         REAL NOT NULL
) STRICT, WITHOUT ROWID;
-- What the embedded chain wrote (p2p.embedded): its blocks and its state.
CREATE TABLE chain_state (
    key   BLOB PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One transaction from its signature to the block that keeps it (p2p.sending); nonce and bytes are here before they leave.
CREATE TABLE wallet_transaction (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    key      TEXT NOT NULL UNIQUE,           -- the same act twice is one
    chain_id INTEGER NOT NULL,
    genesis  TEXT NOT NULL,
    account  INTEGER NOT NULL,               -- of the wallet, BIP-44
    nonce    INTEGER NOT NULL,
    request  TEXT NOT NULL,                  -- JSON, see p2p.wallet_wire
    state    TEXT NOT NULL CHECK (state IN ('signed', 'sent', 'mined', 'final', 'reverted', 'displaced')),
    place    TEXT NOT NULL DEFAULT '',       -- JSON, see p2p.sending.Place
    mined    TEXT NOT NULL DEFAULT '',       -- JSON: gas, logs, once it is final
    tried    REAL NOT NULL DEFAULT 0,
    lost_at  INTEGER,
    problem  TEXT NOT NULL DEFAULT '',       -- code of why it does not go on, such as fees above what is allowed
    task     TEXT NOT NULL DEFAULT '',
    peer     TEXT NOT NULL DEFAULT '',
    created  REAL NOT NULL,
    changed  REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX wallet_transaction_nonce ON wallet_transaction (genesis, chain_id, account, nonce)
    WHERE state <> 'displaced';
CREATE INDEX wallet_transaction_open ON wallet_transaction (changed) WHERE state IN ('signed', 'sent', 'mined');
CREATE INDEX wallet_transaction_task ON wallet_transaction (task) WHERE task <> '';
CREATE TABLE wallet_attempt (
    transaction_number INTEGER NOT NULL REFERENCES wallet_transaction (number) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    name         TEXT NOT NULL UNIQUE,       -- hash
    raw          BLOB NOT NULL,              -- as it was signed
    max_fee      INTEGER NOT NULL,           -- wei for a unit of gas
    priority_fee INTEGER NOT NULL,
    sent         REAL,
    PRIMARY KEY (transaction_number, position)
) STRICT, WITHOUT ROWID;
-- What waits for the person: the wallet signs it once they agreed to exactly this.
CREATE TABLE wallet_ask (
    digest  TEXT PRIMARY KEY,                -- of the request, see p2p.wallet_requests
    meaning TEXT NOT NULL,                   -- JSON, see p2p.wallet_requests.Meaning
    request TEXT NOT NULL,                   -- JSON
    state   TEXT NOT NULL CHECK (state IN ('waiting', 'agreed', 'declined', 'used')),
    task    TEXT NOT NULL DEFAULT '',
    peer    TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    changed REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_ask_waiting ON wallet_ask (created) WHERE state = 'waiting';
-- Addresses that are looked at, whose keys are elsewhere.
CREATE TABLE watched (
    address TEXT PRIMARY KEY,
    name    TEXT NOT NULL DEFAULT '',
    added   REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- The job on chain of a priced task, from its creation until it is settled or refunded (p2p.settling).
CREATE TABLE settlement (
    task      TEXT PRIMARY KEY,              -- as task.id
    role      TEXT NOT NULL CHECK (role IN ('initiator', 'participant')),
    peer      TEXT NOT NULL DEFAULT '',      -- the other side: the one who was awarded, or the initiator
    chain_id  INTEGER NOT NULL,
    genesis   TEXT NOT NULL,
    job       INTEGER,                       -- NULL until the chain has given it a number
    amount    TEXT NOT NULL DEFAULT '',
    token     TEXT NOT NULL DEFAULT '',
    state     BLOB NOT NULL,                 -- CBOR, see p2p.settling
    outcome   TEXT NOT NULL DEFAULT '',      -- settled, refunded, rejected, void; '': it goes on
    problem   TEXT NOT NULL DEFAULT '',      -- code of why it waits, such as an approval
    wake      REAL,
    created   REAL NOT NULL,
    changed   REAL NOT NULL
) STRICT;
CREATE INDEX settlement_open ON settlement (wake) WHERE outcome = '';

-- Every message of a conversation as it was signed, while the conversation is remembered: receipts are made of them
-- (p2p.receipts).  One transcript for each peer; each side says each thing once in answer to the same, so that whatever a
-- peer sends again is not kept.
CREATE TABLE signed_message (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    dialogue     INTEGER NOT NULL REFERENCES dialogue (number) ON DELETE CASCADE,
    peer         TEXT NOT NULL,              -- the other side
    outgoing     INTEGER NOT NULL,
    performative TEXT NOT NULL,
    answers      TEXT NOT NULL,              -- its in-reply-to; '': to nothing
    raw          BLOB NOT NULL,
    UNIQUE (dialogue, peer, outgoing, performative, answers)
) STRICT;
CREATE INDEX signed_message_accepted ON signed_message (dialogue, peer) WHERE performative = 'accept-proposal';
CREATE TABLE receipt (
    name    TEXT PRIMARY KEY,                -- SHA-256 of its core, hexadecimal
    task    TEXT NOT NULL,                   -- as task.id
    role    TEXT NOT NULL CHECK (role IN ('initiator', 'participant')),
    peer    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    settled TEXT NOT NULL DEFAULT '',        -- how the job on chain ended; '': there was none
    data    BLOB NOT NULL,                   -- the file; empty once its words were forgotten with a record
    amount  TEXT NOT NULL DEFAULT '',        -- of the price that was agreed to, and of what it is
    token   TEXT NOT NULL DEFAULT '',
    last    INTEGER NOT NULL,                -- the newest signed_message in it
    created REAL NOT NULL,
    UNIQUE (task, peer)
) STRICT;
CREATE INDEX receipt_created ON receipt (created);
CREATE INDEX receipt_peer ON receipt (peer) WHERE role = 'participant';

-- Agents of the registry that were looked at, and whether they are who they say.
CREATE TABLE agent (
    genesis  TEXT NOT NULL,
    chain_id INTEGER NOT NULL,
    registry TEXT NOT NULL,
    agent    INTEGER NOT NULL,
    peer     TEXT NOT NULL DEFAULT '',       -- whom its file names; ours for ourselves
    owner    TEXT NOT NULL DEFAULT '',
    wallet   TEXT NOT NULL DEFAULT '',
    uri      TEXT NOT NULL DEFAULT '',
    file     BLOB,                           -- the registration file, as it was read
    problem  TEXT NOT NULL DEFAULT '',       -- code of why it is not believed
    mine     INTEGER NOT NULL DEFAULT 0,     -- this node registered it
    told     INTEGER NOT NULL DEFAULT 0,     -- the peer named it as its own
    wanted   TEXT NOT NULL DEFAULT '',       -- of ours: the address of the file that the chain is to have
    turn     INTEGER NOT NULL DEFAULT 0,     -- of ours: how often that was another one
    looked   REAL NOT NULL,
    PRIMARY KEY (genesis, chain_id, registry, agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_peer ON agent (peer) WHERE peer <> '';
-- What this person said of a task, on chain or only here.
CREATE TABLE feedback (
    receipt  TEXT PRIMARY KEY,               -- as receipt.name when it was said
    task     TEXT NOT NULL,                  -- as task.id
    peer     TEXT NOT NULL,
    done     INTEGER NOT NULL,               -- whether the task was
    value    INTEGER NOT NULL,               -- 0 to 100
    tag      TEXT NOT NULL DEFAULT '',
    turn     INTEGER NOT NULL DEFAULT 0,     -- how often it went to a chain and was taken back
    place    TEXT NOT NULL DEFAULT '',       -- JSON: chain id, genesis, registry and agent; '': only here
    written  TEXT NOT NULL DEFAULT '',       -- hash of the transaction; '': not yet
    number   INTEGER,                        -- the registry's index of it
    created  REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feedback_task ON feedback (task, peer);
CREATE INDEX feedback_peer ON feedback (peer);
-- What a chain tells of work that was paid for and of what was said of it, as far as it was read.
CREATE TABLE paid_job (
    chain    TEXT NOT NULL,                  -- chain id, genesis and contract
    job      INTEGER NOT NULL,
    client   TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL DEFAULT '',       -- '': it was funded, and not paid out
    amount   TEXT NOT NULL DEFAULT '',
    paid_in  TEXT NOT NULL DEFAULT '',       -- hash of the transaction that paid the provider
    block    INTEGER NOT NULL,
    PRIMARY KEY (chain, job)
) STRICT, WITHOUT ROWID;
CREATE TABLE given_feedback (
    chain    TEXT NOT NULL,                  -- chain id, genesis and contract
    agent    INTEGER NOT NULL,
    rater    TEXT NOT NULL,
    number   INTEGER NOT NULL,
    value    REAL NOT NULL,                  -- 0 to 1
    paid_in  TEXT NOT NULL DEFAULT '',       -- the transaction that it claims paid for the work
    receipt  TEXT NOT NULL DEFAULT '',       -- the receipt that it names
    revoked  INTEGER NOT NULL DEFAULT 0,
    block    INTEGER NOT NULL,
    PRIMARY KEY (chain, agent, rater, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE read_until (
    chain    TEXT PRIMARY KEY,               -- chain id, genesis and contract
    first    INTEGER NOT NULL,               -- block from which on it was read
    next     INTEGER NOT NULL                -- the next to be read
) STRICT, WITHOUT ROWID;
