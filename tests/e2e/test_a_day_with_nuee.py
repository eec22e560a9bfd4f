"""What a person asks of Nuée in a day, in both languages: `nuee chat` and commands over a node with the default models
and the sample mailbox."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app.texts import catalogue
from installer import places
from tests.e2e.household import Nuee, Owner, owned
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")

DAYS = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
)
LONG = 12  # characters of a sentence that say that it is this sentence


@pytest.fixture(scope="module", name="owner")
def owner_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    with owned(tmp_path_factory.mktemp("day"), model=True) as owner:
        assert owner.nuee.json("import", "--sample")["imported"] == 80
        yield owner


def english_in(said: str) -> list[str]:
    """Sentences of the program and of its skills that stand there in English, though they exist in French."""
    pairs = [(entry["en"], entry["fr"]) for entry in catalogue().values()]
    for file in (ROOT / "skills" / "bundled").glob("*/*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("SAID", "WORDS"):
                words = ast.literal_eval(node.value)
                pairs += [(words["en"][key], words["fr"][key]) for key in words["en"]] if "en" in words else []
    return sorted({part for english, french in pairs for part in parts(english) - parts(french) if part in said})


def parts(entry: object) -> set[str]:
    """What stands between the gaps of an entry."""
    whole = list(entry.values()) if isinstance(entry, dict) else entry if isinstance(entry, list) else [entry]
    found = {part.strip() for one in whole if isinstance(one, str) for part in re.split(r"\{[^}]*\}|\n", one)}
    return {part for part in found if len(part) >= LONG}


def in_three_days(language: int) -> str:
    """Never the weekday it is today, which could mean either."""
    return DAYS[language][(datetime.now() + timedelta(days=3)).weekday()]


def sources_of(nuee: Nuee, said: str) -> list[str]:
    """The titles that the sources named in the answer open."""
    ids = re.findall(r"\((m[0-9a-f]{12})\)", said)
    return [nuee.json("show", one)["title"] for one in ids]


def deed(nuee: Nuee, beginning: str) -> int:
    """The number of the newest act that activity tells of with these words."""
    return int(next(row["id"] for row in nuee.json("activity")["activity"] if row["sentence"].startswith(beginning)))


def test_what_is_told_is_known_and_what_is_put_into_the_calendar_can_be_taken_back(owner: Owner) -> None:
    nuee, day = owner.nuee, in_three_days(0)
    said = nuee.chat(
        "remember that my sister is called Anne",
        "what is my sister called?",
        "/new",
        f"add lunch with Paul on {day} at noon to my calendar",
        f"/calendar what do I have on {day}?",
        "/kalender",
    )
    assert "I will remember: my sister is called Anne" in said
    assert "My sister is called Anne" in said
    assert f"Added: **lunch with Paul**, {day}" in said
    assert "12:00 to 13:00 – lunch with Paul [1]" in said
    assert "Unknown command: /kalender." in said
    activity = nuee.said("activity")
    assert "Kept something that you told it in memory." in activity
    assert "Added “lunch with Paul” to your calendar" in activity
    nuee.said("activity", "undo", str(deed(nuee, "Added “lunch with Paul”")))
    assert "There is nothing in your calendar" in nuee.said("skills", "run", "calendar", f"what do I have on {day}?")


def test_promises_are_found_and_the_digest_names_its_sources(owner: Owner) -> None:
    owner.clock = datetime(2026, 6, 3, 8)
    promises = owner.nuee.said("ask", "what did I promise?")
    mine, _, theirs = promises.partition("**Promised to you**")
    assert "the code on the door has changed, I'll text it to you.” – to Nora Kessler, due Fri 5 June [1]" in mine
    assert "I'll fix the data sheet.” – Owen Fletcher" in theirs
    assert "Re: choir - did I get this right?" in sources_of(owner.nuee, promises)
    owner.clock = datetime(2026, 8, 28, 8)
    digest = owner.nuee.said("ask", "give me a digest of the last three days")
    assert "- Sophie Ashworth – Re: Thirty. Help." in digest
    assert {"Re: Thirty. Help.", "Stand-up moves from 7 September"} <= set(sources_of(owner.nuee, digest))


def test_a_sentence_that_fell_back_to_english_would_be_seen() -> None:
    assert english_in("Il n’y a rien dans votre agenda. – Sans réponse.") == []
    assert english_in("There is nothing in your calendar jeudi.") != []
    assert english_in("I will remember: mon frère s'appelle Louis") != []


def test_the_same_day_is_spoken_of_in_french(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUEE_LANGUAGE", "fr")
    nuee, day, owner.clock = owner.nuee, in_three_days(1), None
    said = nuee.chat(
        "retiens que mon frère s'appelle Louis",
        "comment s'appelle mon frère ?",
        "/new",
        f"ajoute un dîner avec Lise {day} à 19h à mon agenda",
        f"qu'est-ce que j'ai {day} ?",
        language="fr",
    )
    assert "C’est retenu : mon frère s'appelle Louis" in said
    assert "— vous me l’avez dit" in said
    assert f"Ajouté : **dîner avec Lise**, {day}" in said
    activity = nuee.said("activity")
    assert "A ajouté «\u00a0dîner avec Lise\u00a0» à votre agenda" in activity
    undone = nuee.said("activity", "undo", str(deed(nuee, "A ajouté «\u00a0dîner avec Lise\u00a0»")))
    gone = nuee.said("skills", "run", "calendar", f"qu'est-ce que j'ai {day} ?")
    assert "Il n’y a rien dans votre agenda" in gone
    assert english_in("\n".join([said, activity, undone, gone])) == []


def test_promises_and_the_digest_come_in_french_too(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUEE_LANGUAGE", "fr")
    owner.clock = datetime(2026, 6, 3, 8)
    promises = owner.nuee.said("ask", "qu'est-ce que j'ai promis ?")
    assert "**Vous avez promis**" in promises
    assert "à Nora Kessler, pour le ven. 5 juin" in promises
    owner.clock = datetime(2026, 8, 28, 8)
    digest = owner.nuee.said("ask", "un résumé des trois derniers jours")
    assert "**Vendredi 28 août**\n\n**Courrier depuis mardi 25 août 08:00**\n" in digest
    assert {"Re: Thirty. Help.", "Stand-up moves from 7 September"} <= set(sources_of(owner.nuee, digest))
    latest = owner.nuee.said("ask", "quoi de neuf")
    assert "depuis jeudi 27 août" in latest
    assert english_in(promises + digest + latest) == []
