"""Why something was refused, in the person's language."""

from __future__ import annotations

from app.results import CommandFailed
from app.texts import text
from skills.archive import BadArchive
from skills.building import CannotBuild
from skills.catalog_index import CatalogError
from skills.cli import Failed
from skills.new import CannotCreate
from skills.signing import SigningError
from skills.trust import Refuse

Unusable = BadArchive | SigningError | CatalogError | CannotBuild | CannotCreate | Failed
UNUSABLE = (BadArchive, SigningError, CatalogError, CannotBuild, CannotCreate, Failed)


def failed(error: Unusable) -> CommandFailed:
    """What the tools of skills/ refuse, as the failure of a command."""
    return CommandFailed(key(error.code), detail=str(error))


def key(code: str) -> str:
    """Under `error`: codes of catalogs say what they are about, the others do not."""
    return code if code.startswith("catalog-") else f"packing-{code}"


def sentence(refusal: Refuse, language: str, *, name: str, other: str = "", reason: str = "") -> str:
    """`name`: the skill with its version.  `other`: the one it could be mistaken for.  `reason`: the keeper's, where it
    was revoked."""
    return text(f"error.refused-{refusal.code}", language, name=name, other=other, reason=reason)
