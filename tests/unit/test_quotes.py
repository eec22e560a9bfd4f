"""What a person wrote is kept, what he quotes is told apart, and spans point into the body."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.quotes import own_spans, parts


def own(body: str, *, forwarded: bool = False) -> list[str]:
    return [body[start:end] for start, end in own_spans(body, forwarded=forwarded)]


@pytest.mark.parametrize(
    "body",
    [
        "Yes!\n\nOn Tue, 3 Mar 2026 at 10:04, Anna <a@example.org> wrote:\n> Are you coming?\n",
        "Yes!\n\nOn Tuesday, 3 March 2026,\nAnna <a@example.org>\nwrote:\n\n> Are you coming?\n>> Who?\n",
        "Yes!\n\nLe mar. 3 mars 2026 à 10:04, Anna <a@example.org> a écrit :\n> Tu viens ?\n",
        "Yes!\n\nLe 3 mars 2026 à 10:04, Anna <a@example.org> a\nécrit :\n\n> Tu viens ?\n",
        "Yes!\n\n-----Original Message-----\nFrom: Anna\nSent: Tuesday\nAre you coming?\n",
        "Yes!\n\n-----Message d'origine-----\nDe : Anna\nTu viens ?\n",
        "Yes!\n\nFrom: Anna <a@example.org>\nSent: 3 March 2026\nTo: Bob\nSubject: Party\n\nAre you coming?\n",
        "Yes!\n\n____________________\nDe : Anna\nEnvoyé : mardi\nÀ : Bob\nObjet : Fête\n\nTu viens ?\n",
        "Yes!\n\n*From:* Anna\n*Sent:* Tuesday\n*To:* Bob\n*Subject:* Party\n\nAre you coming?",
        "Yes!\n\nOn 3 Mar 2026, at 10:04, Anna <a@example.org> wrote:\n\nAre you coming?\n",
        "Yes!\r\n\r\n> Are you coming?\r\n",
        "> Are you coming?\nYes!\n",
        "Yes!\n-- \nBob Martin\nGardener\n",
    ],
)
def test_only_what_the_writer_wrote_is_his(body: str) -> None:
    assert own(body) == ["Yes!"]


def test_answers_between_quotes_are_kept_apart() -> None:
    assert own("> When?\nAt six.\n> Where?\nAt home.\n") == ["At six.", "At home."]


@pytest.mark.parametrize(
    "body",
    [
        "On the whole I agree with what you wrote:\nit is too dear.",
        "From: here it is two hours by train.\nSee you.",
        "Le résultat est là.\nIl a écrit : venez !",
        "a > b and b > c",
        "-- more than a dozen lines below\n" + "line\n" * 20,
    ],
)
def test_text_that_only_looks_like_a_quote_is_kept(body: str) -> None:
    assert own(body) == [body.strip()]


def test_a_forwarded_mail_is_kept() -> None:
    body = "See below.\n\nFrom: Anna\nSent: Tuesday\nTo: Bob\nSubject: Party\n\nCome at six.\n"
    assert own(body, forwarded=True) == [body.strip()]


def test_a_signature_with_a_telephone_number_is_kept() -> None:
    assert "06 12 34 56 78" in "".join(own("Yes!\n-- \nBob\n06 12 34 56 78\n"))


def test_the_quote_is_known_as_such() -> None:
    body = "Yes!\n> Are you coming?\n"
    assert [body[start:end] for start, end in parts(body).quoted] == ["> Are you coming?"]


lines = st.sampled_from(
    """> quoted|own words||On 3 Mar 2026 at 10:04, A <a@b.c> wrote:|-- |From: A|To: B|Sent: C|\r|__________
|-----Original Message-----|Le 3 mars 2026, A a écrit :""".replace("\n", "").split("|")
)


@given(st.lists(lines | st.text(max_size=20), max_size=12).map("\n".join))
def test_spans_are_in_order_and_never_overlap(body: str) -> None:
    found = parts(body)
    spans = sorted([*found.own, *found.quoted])
    assert all(0 <= start < end <= len(body) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
