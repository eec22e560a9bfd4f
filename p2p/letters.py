"""Letters from person to person: a `request` of the ontology "nuee/letter/1" to deliver a text.

The acknowledgement of the message says that the letter lies in the other's vault.  An answer is a letter of its own in
the same conversation.  The text is data for a person: no policy and no model takes orders from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from p2p.acl import BadField
from p2p.content_fields import Fields
from p2p.contents import Request

LETTER_ONTOLOGY = "nuee/letter/1"
LETTER_LIMIT = 16_000  # characters; at four bytes each they still fit into a message
_ACTION = "deliver"


class Author(StrEnum):
    """Who wrote a letter; an agent that writes or answers says that it did."""

    PERSON = "person"
    AGENT = "agent"


@dataclass(frozen=True)
class Letter:
    """`text` has 1 to `LETTER_LIMIT` characters."""

    text: str
    author: Author = Author.PERSON

    def __post_init__(self) -> None:
        if type(self.text) is not str or not 0 < len(self.text) <= LETTER_LIMIT:
            raise BadField(f"A letter has 1 to {LETTER_LIMIT} characters.")

    def to_request(self) -> Request:
        return Request(_ACTION, {"text": self.text, "author": self.author.value})

    @classmethod
    def from_request(cls, request: Request) -> Self:
        """Errors: BadField."""
        if request.action != _ACTION:
            raise BadField("A letter is there to be delivered, nothing else.")
        fields = Fields(request.arguments, {"text", "author"})
        return cls(fields.text("text"), fields.one_of("author", Author))
