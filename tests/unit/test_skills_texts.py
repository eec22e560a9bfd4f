"""Whatever the tools refuse has its sentence in both languages."""

from __future__ import annotations

import re

import pytest

from app.catalogs import refusals
from app.errors import sentence
from app.texts import LANGUAGES, catalogue
from skills.archive import BadArchive
from skills.building import CannotBuild
from skills.catalog_index import CatalogError
from skills.cli import Failed
from skills.new import CannotCreate
from skills.signing import SigningError
from skills.trust import Refuse


def codes(kind: type[object]) -> list[str]:
    """Those that the docstring lists: `code`: one | two."""
    listed = re.search(r"`code`: ([a-z |\n-]+)", kind.__doc__ or "")
    assert listed is not None
    return re.findall(
        r"[a-z]+(?:-[a-z]+)*", listed[1].partition("or")[0] if ", or" in (kind.__doc__ or "") else listed[1]
    )


@pytest.mark.parametrize("kind", [BadArchive, SigningError, CatalogError, CannotBuild, CannotCreate, Failed])
def test_what_a_tool_refuses_is_said(kind: type[BadArchive]) -> None:
    found = codes(kind)
    assert len(found) > 2
    for code in found:
        assert f"error.{refusals.key(code)}" in catalogue()


def test_what_trust_refuses_is_said() -> None:
    for code in codes(Refuse):
        for language in LANGUAGES:
            said = refusals.sentence(
                Refuse(code, "English."), language, name="weather 1.0.0", other="wether", reason="It leaks."
            )
            assert said.endswith(".")


def test_a_failure_of_the_tools_is_said_in_french() -> None:
    assert sentence(refusals.failed(BadArchive("link", "'a' is a link.")), "fr").startswith(
        "L’archive contient un lien"
    )
    assert sentence(refusals.failed(BadArchive("link", "'a' is a link.")), "en") == "'a' is a link."
