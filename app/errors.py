"""From an exception to one sentence in the user's language.

The packages below raise exceptions with a stable `code`; the catalogue has a sentence for each under `error.CODE`.
What has no sentence of its own keeps the English one it was raised with, if it was raised knowingly, and is otherwise
an internal error, named by its type alone: the text of an unforeseen error may quote a mail.
"""

from __future__ import annotations

import logging

from app.results import CommandFailed
from app.texts import catalogue, text

log = logging.getLogger("app")


def code(error: BaseException) -> str:
    """The stable name of a failure, for scripts."""
    if isinstance(error, CommandFailed):
        return error.key
    found = getattr(error, "code", None)
    return found if isinstance(found, str) else "internal"


def sentence(error: BaseException, language: str) -> str:
    """What to tell the user, in one line."""
    key = f"error.{code(error)}"
    values = getattr(error, "values", None) or {"detail": str(error)}
    if key in catalogue() and code(error) != "internal":
        try:
            return text(key, language, **values)
        except KeyError:
            log.warning("the sentence %s wants a value it was not given", key)
    if code(error) == "internal":
        log.error("unforeseen %s", type(error).__name__)
        return text("error.internal", language, type=type(error).__name__)
    return " ".join(str(error).split()) or key
