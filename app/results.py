"""What commands return and what they report on the way.  Frozen, standard types only: they cross threads and sockets.

`as_json` turns any of them into what `nuee … --json` prints, so the field names here are a public format.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


class CommandFailed(Exception):
    """A command ended in a failure the user can understand.

    `key` names a string of the catalogue (app/texts.toml, section `error`), `values` fill its gaps.
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True)
class Created:
    home: str
    recovery_phrase: str = field(repr=False)


@dataclass(frozen=True)
class Progress:
    """How far a long command is.  `total` is None while unknown.  `stage`: reading, embedding,
    downloading or hashing."""

    stage: str
    done: int
    total: int | None
    item: str = ""


@dataclass(frozen=True)
class ImportFailure:
    path: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    imported: int
    duplicates: int
    failed: tuple[ImportFailure, ...]
    seconds: float


@dataclass(frozen=True)
class SearchHit:
    id: str
    kind: str
    title: str
    sender: str
    date: str | None  # ISO 8601, UTC
    snippet: str
    score: float
    start: int  # the chunk in the record's body, characters
    end: int
    authentication: str = ""  # as in RecordView


@dataclass(frozen=True)
class SearchResult:
    hits: tuple[SearchHit, ...]
    ms: float
    mode: Literal["hybrid", "words"]  # "words" while the embedder is not up
    corrected: tuple[tuple[str, str], ...] = ()  # words that stand nowhere: (as typed, as found)


@dataclass(frozen=True)
class AttachmentView:
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class RecordView:
    """A record as `nuee show` and the reader show it."""

    id: str
    kind: str
    title: str
    sender: str
    recipients: tuple[str, ...]
    date: str | None  # ISO 8601, UTC
    body: str
    folder: str
    origin: str
    attachments: tuple[AttachmentView, ...]
    warnings: tuple[str, ...]
    thread: tuple[tuple[str, str], ...]  # (id, title) of the others in its thread, oldest first
    flags: tuple[str, ...] = ()  # of a mail, as its source has them: seen, answered, flagged, draft
    ends: str | None = None  # of an event; `date` is when it begins.  ISO 8601, UTC
    source: str = ""  # the name of the source that brought it; empty for what was imported by hand
    links: tuple[tuple[str, str], ...] = ()  # of a note: (what the link shows, id of the note it leads to or "")
    backlinks: tuple[tuple[str, str], ...] = ()  # (title, id) of the notes that link to it, newest first
    authentication: str = ""  # of a mail: whether its sender could be confirmed: passed, failed, none
    authenticated_by: str = ""  # the server that looked, where its word counts
    labels: tuple[str, ...] = ()  # what the person or a skill found a mail to be, with the two below
    priority: str = ""  # low, normal, high, or "" where nobody said
    needs_answer: bool = False


@dataclass(frozen=True)
class LibraryRow:
    id: str
    kind: str
    title: str
    sender: str
    date: str | None
    attachments: int


@dataclass(frozen=True)
class LibraryPage:
    rows: tuple[LibraryRow, ...]
    total: int


@dataclass(frozen=True)
class CitationView:
    """`number` is how the answer's text refers to it: [1].  `start`/`end`: the quoted passage in the record's body."""

    number: int
    id: str
    title: str
    sender: str
    date: str | None
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class AnswerView:
    answer: str  # Markdown with [n]
    citations: tuple[CitationView, ...]
    model: str
    first_token_ms: float | None
    ms: float
    conversation: int
    stopped: bool = False  # ended by the user; the text is what there was


# What `ask` reports while it works, in this order; Passages may come once, Pieces many times.
@dataclass(frozen=True)
class Began:
    """The question is kept; `conversation` is where."""

    conversation: int


@dataclass(frozen=True)
class Searching:
    pass


@dataclass(frozen=True)
class Passages:
    count: int


@dataclass(frozen=True)
class Piece:
    text: str


@dataclass(frozen=True)
class Restated:
    """What was streamed did not hold against the sources; show this text in its place."""

    text: str


@dataclass(frozen=True)
class ToolChosen:
    """A skill is at work, as step `step` of at most `steps`; `seconds` are left for all of them."""

    skill: str
    entry: str
    title: str
    arguments: tuple[tuple[str, str | int | float], ...]
    step: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class ToolDone:
    """`state`: done | waiting | failed."""

    skill: str
    entry: str
    state: str


@dataclass(frozen=True)
class Waiting:
    """Nothing happens before the person has answered approval `approval`; `what` would, in one line."""

    approval: int
    what: str


@dataclass(frozen=True)
class MessageView:
    role: Literal["user", "assistant"]
    text: str
    citations: tuple[CitationView, ...]
    created: str


@dataclass(frozen=True)
class ConversationRow:
    id: int
    title: str
    updated: str


@dataclass(frozen=True)
class ConversationView:
    id: int
    title: str
    messages: tuple[MessageView, ...]


@dataclass(frozen=True)
class ModelRow:
    name: str
    digest: str
    size: int  # bytes
    parameters: int
    context: int
    current: bool
    is_default: bool


@dataclass(frozen=True)
class Status:
    """`state`: absent (no vault yet) | locked | open."""

    home: str
    state: Literal["absent", "locked", "open"]
    peer_id: str | None
    records: int
    chunks: int
    embedded: int  # chunks that have a vector
    conversations: int
    model: str | None
    engine: str
    device: str
    embedder: Literal["off", "starting", "ready", "failed"]
    vault_bytes: int
    version: str
    airplane: bool = False  # nothing is fetched


# What the node tells whoever listens, unasked.
@dataclass(frozen=True)
class StateChanged:
    state: Literal["absent", "locked", "open"]


@dataclass(frozen=True)
class EmbedderChanged:
    state: Literal["off", "starting", "ready", "failed"]


@dataclass(frozen=True)
class EngineRestarted:
    """The model's process ended and was started again."""


@dataclass(frozen=True)
class LibraryChanged:
    """Records came or went; embedding may still go on: `pending` chunks have no vector yet."""

    pending: int


@dataclass(frozen=True)
class WindowWanted:
    """A second `nuee` was started on this profile: the window comes to the front."""


def as_json(result: Any) -> dict[str, Any]:
    """A result as the JSON object that the command line prints."""
    fields = asdict(result)
    fields.pop("conversation", None) if isinstance(result, AnswerView) else None
    return fields
