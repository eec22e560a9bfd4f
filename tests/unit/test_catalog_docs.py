"""docs/catalog.md says what the code does; its test vector is made again from its words."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from skills import archive, catalog, catalog_index, signing, trust
from skills.archive import pack
from skills.catalog import hand_over, sign_index, verify
from skills.catalog_index import CatalogError, Entry, Index, write_index
from skills.folder import digest_files
from skills.names import look_alike
from skills.signing import Release, read_signature, sign_release
from tests.paths import ROOT
from tests.unit.catalog_fixtures import AUTHOR, KEEPER, NEXT

TEXT = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())
FILES = {
    "SKILL.md": b"---\nname: tiny\ndescription: Sums up.\n---\n",
    "skill.toml": b'version = "1.0.0"\n',
}
(HEX,) = re.findall(r"```hex\n(.*?)```", TEXT, re.DOTALL)
SIGNATURE, CATALOG = (block.encode() for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))


def test_the_archive_of_the_vector() -> None:
    assert pack(FILES).hex() == "".join(HEX.split())


def test_the_signature_of_the_vector() -> None:
    assert sign_release(AUTHOR, Release("tiny", "1.0.0", digest_files(FILES))) == SIGNATURE


def test_the_catalog_of_the_vector() -> None:
    release, signer, signature = read_signature(SIGNATURE)
    entry = Entry("1.0.0", release.digest, len(pack(FILES)), "tiny-1.0.0.nskill", (), "Sums up.", signer, signature)
    index = write_index(Index("Vector", 1_790_000_000, 1_790_086_400, 1, {"tiny": (entry,)}))
    assert sign_index(KEEPER, index, [hand_over(KEEPER, NEXT.public)]) == CATALOG


def test_the_catalog_of_the_vector_verifies_for_whoever_trusts_the_id_that_is_written() -> None:
    (keeper,) = re.findall(r"keeper `([0-9a-f]{32})`", WORDS)
    assert set(verify(CATALOG, [keeper], 1_790_000_000).trusted) == {KEEPER.id, NEXT.id}
    assert f"author `{AUTHOR.id}`" in WORDS


@pytest.mark.parametrize("error", [archive.BadArchive, signing.SigningError, CatalogError, trust.Refuse])
def test_every_code_stands_in_the_documentation(error: type) -> None:
    assert error.__doc__ is not None
    codes = re.findall(r"[a-z]+(?:-[a-z]+)*", error.__doc__.split(":", 1)[1].split(".")[0])
    assert len(codes) >= 5
    assert [code for code in codes if f"`{code}`" not in TEXT] == []


@pytest.mark.parametrize(
    "fact",
    [
        *(f"`{field.name}`" for kind in (Index, Entry) for field in fields(kind) if field.name != "skipped"),
        *(prefix[:-1].decode() for prefix in (signing.RELEASE_PREFIX, signing.INDEX_PREFIX, signing.HANDOVER_PREFIX)),
        f"(`{catalog.FORMAT}`)",
        f"at most {catalog.MAX_HANDOVERS}, each",
        f"(at most {catalog.MAX_HEADER >> 10} KiB), then the index (at most {catalog_index.MAX_INDEX >> 20} MiB)",
        f"at most {catalog_index.MAX_SKILLS:,} slugs, each with 1 to {catalog_index.MAX_VERSIONS} versions",
        f"at most {catalog_index.MAX_REVOKED:,} of",
        f"at most {catalog_index.MAX_PERMISSIONS}, in their one spelling",
        f"1 to {catalog_index.MAX_NAME} characters",
        f"at most {catalog_index.MAX_LOCATION} characters",
        f"at most {catalog_index.MAX_LIFE // 86_400} days apart",
        f"at most {signing.MAX_SIGNATURE_FILE:,} bytes",
    ],
)
def test_limits_and_fields_stand_in_the_documentation(fact: str) -> None:
    assert fact in WORDS


@pytest.mark.parametrize(("digit", "letter"), re.findall(r"\b([0-9]) ([a-z])[,;]", TEXT.split("look alike when")[1]))
def test_digits_are_read_as_it_says(digit: str, letter: str) -> None:
    assert look_alike(f"a{digit}", f"a{letter}")
