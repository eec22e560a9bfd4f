"""Contact files: vCard 2.1, 3.0 and 4.0 as records."""

from __future__ import annotations

import base64

import pytest

from storage.records import Broken, Record
from storage.sources import contacts


def records(text: str, encoding: str = "utf-8") -> list[Record | Broken]:
    return list(contacts.records(text.replace("\n", "\r\n").encode(encoding), "a.vcf", "folder"))


def one(text: str, encoding: str = "utf-8") -> Record:
    (found,) = records(text, encoding)
    assert isinstance(found, Record), found
    return found


def card(*lines: str, version: str = "3.0") -> str:
    return "\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def test_a_contact_in_words() -> None:
    found = one(
        card(
            "N:Byron;Ada;;;",
            "FN:Ada Byron",
            "UID:42",
            "EMAIL;TYPE=INTERNET,HOME:ada@example.org",
            "item1.EMAIL:ada@work.example",
            "TEL;TYPE=CELL:+33 1 23 45 67 89",
            "ADR;TYPE=HOME:;;12 rue de l'Été;Lyon;;69001;France",
            "ORG:Société\\; fils;Section A",
            "TITLE:Engineer",
            "BDAY:1815-12-10",
            "NOTE:Aime les\\nmathématiques\\, bien sûr",
        )
    )
    assert (found.kind, found.title, found.external_id, found.sender) == ("contact", "Ada Byron", "42", "")
    assert found.body == (
        "Ada Byron\n"
        "E-mail: ada@example.org (home)\n"
        "E-mail: ada@work.example\n"
        "Phone: +33 1 23 45 67 89 (cell)\n"
        "Address: 12 rue de l'Été, Lyon, 69001, France (home)\n"
        "Organisation: Société; fils, Section A\n"
        "Title: Engineer\n"
        "Birthday: 1815-12-10\n\n"
        "Aime les\nmathématiques, bien sûr"
    )
    assert (found.folder, found.origin) == ("folder", "a.vcf#1")


def test_version_2_1_with_quoted_printable() -> None:
    found = one(
        card(
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=89mile;Zo=C3=A9;;;",
            "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=A9 =C3=89mile",
            "TEL;HOME;VOICE:01 02",
            "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Une ligne =",
            "suivie d'une =C3=A0 deux",
            version="2.1",
        )
    )
    assert found.title == "Zoé Émile"
    assert found.body == "Zoé Émile\nPhone: 01 02 (home)\n\nUne ligne suivie d'une à deux"


def test_version_2_1_in_the_charset_it_names() -> None:
    quoted = one(card("FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Zo=E9", version="2.1"))
    plain = one(card("FN;CHARSET=ISO-8859-1:Zoé", version="2.1"), "latin-1")
    assert (quoted.title, plain.title) == ("Zoé", "Zoé")


def test_version_4_0() -> None:
    found = one(card("FN:Max", "UID:urn:uuid:1", 'TEL;VALUE=uri;TYPE="cell,home":tel:+1-555', version="4.0"))
    assert (found.title, found.external_id) == ("Max", "urn:uuid:1")
    assert "Phone: +1-555 (cell, home)" in found.body


def test_a_contact_without_a_full_name_is_called_by_what_there_is() -> None:
    assert one(card("N:Byron;Ada;Augusta;Lady;")).title == "Lady Ada Augusta Byron"
    assert one(card("ORG:The Company")).title == "The Company"
    assert one(card("EMAIL:a@example.org")).title == "a@example.org"


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_pictures_are_left_out(version: str) -> None:
    picture = base64.b64encode(bytes(range(256)) * 400).decode()
    folded = "\n ".join(picture[at : at + 74] for at in range(0, len(picture), 74))
    found = one(card("FN:Ada", f"PHOTO;ENCODING=b;TYPE=JPEG:{folded}", "NOTE:after it", version=version))
    assert len(found.raw) < 200
    assert found.body == "Ada\n\nafter it"


def test_every_card_of_a_file_and_a_broken_one_never_stops_the_rest() -> None:
    broken = "BEGIN:VCARD\nVERSION:3.0\nBEGIN:X\nFN:Half\n"
    found = records(card("FN:One") + broken + card("FN:Three"))
    assert [item.title for item in found if isinstance(item, Record) and item.title != "Half"] == ["One", "Three"]
    assert len(found) == 3


def test_what_holds_no_contact_is_named() -> None:
    assert records("hello") == [Broken("a.vcf", "It holds no contacts.")]


def test_a_card_beyond_the_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MAX_CARD", 1024 * 1024)
    first, second = records(card("FN:One", "NOTE:" + "x" * 1_100_000) + card("FN:Two"))
    assert first == Broken("a.vcf#1", "The contact is larger than 1 MiB.")
    assert isinstance(second, Record)
