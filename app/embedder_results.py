"""What the commands on embedding models return and report.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChangeState = Literal["loading", "embedding", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class EmbedderRow:
    """One embedding model, or a re-ranker.  `size` in bytes.

    `digest`: SHA-256 of its files (of the built-in one: of its weights).  `dimensions` is 0 for a re-ranker.
    `languages`: ISO 639 codes where its card or a trial names them, else empty.  `current`: search uses it.
    `embedded`, `pending`: passages of the open vault with and without its vector; 0 while no vault is open.
    """

    name: str
    digest: str
    kind: Literal["embedder", "reranker"]
    dimensions: int
    size: int
    languages: tuple[str, ...]
    multilingual: bool
    built_in: bool
    current: bool
    embedded: int
    pending: int


@dataclass(frozen=True)
class EmbedderChange:
    """An event, and `node.embedding.change`: how far the change to model `name` is; search uses the old one meanwhile.

    `done` of `total` passages have a vector of the new model.  After "failed" the old one stays, and the change goes
    on when it is asked for again or the vault is opened again; `detail` is the reason's code.
    """

    name: str
    state: ChangeState
    done: int = 0
    total: int = 0
    detail: str = ""


@dataclass(frozen=True)
class EmbedderUsed:
    """`current`: search uses the model already.  Else it is being embedded with, behind the searches."""

    name: str
    digest: str
    current: bool
