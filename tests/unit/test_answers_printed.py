"""What the command line prints of an import and of an answer."""

from __future__ import annotations

import io
from typing import Any

from app.printing import PRINTERS


def printed(name: str, result: dict[str, Any], streamed: str = "", language: str = "en") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, streamed)
    return out.getvalue()


def test_what_came_in_is_told_though_it_cannot_be_found_by_meaning() -> None:
    done = {"imported": 2, "duplicates": 0, "failed": [], "seconds": 0.5, "note": "Search works by words alone."}
    assert printed("import", done) == "2 records imported in 0.5 s.\nSearch works by words alone.\n"


def test_an_answer_that_goes_on_as_it_began_is_not_said_twice() -> None:
    assert printed("ask", {"answer": "On Friday. [1]", "citations": []}, "On Friday.") == " [1]\n"


def test_words_that_did_not_hold_are_taken_back_where_they_cannot_be_wiped_away() -> None:
    said = printed("ask", {"answer": "Il vient jeudi.", "citations": []}, "Il y a 22 novembre", "fr")
    assert said == "\n\nCes mots sont retirés ; voici ce que contient votre coffre :\n\nIl vient jeudi.\n"
