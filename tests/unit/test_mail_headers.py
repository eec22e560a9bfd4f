"""Header fields: encoded words, parameters, addresses, ids."""

from __future__ import annotations

import base64

import pytest

from storage.sources.headers import addresses, decode_words, identifiers, parameters


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("=?utf-8?q?Caf=C3=A9_noir?=", "Café noir"),
        ("=?UTF-8?B?Q2Fmw6k=?= noir", "Café noir"),
        ("=?iso-8859-1*fr?q?=E9t=E9?=", "été"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\t=?iso-8859-1?q?=E9?= c", "aé c"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),
        ("=?utf-8?b?w6k?=", "é"),
        ("=?utf-8?q?two words=3F?=", "two words?"),
        ("=?utf-8?q?not closed", "=?utf-8?q?not closed"),
        ("=?x-nonsense?q?plain?=", "plain"),
        ("=?utf-8?q??= x", " x"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?utf-8?b?Zg==?=: =?utf-8?b?w6k=?=", "f: é"),
    ],
)
def test_encoded_words(raw: str, expected: str) -> None:
    assert decode_words(raw, []) == expected


@pytest.mark.parametrize(
    ("raw", "name", "expected"),
    [
        ('; filename="a; b.txt"', "filename", "a; b.txt"),
        ("; filename=plain.txt; x=1", "filename", "plain.txt"),
        (r'; filename="say \"hi\".txt"', "filename", 'say "hi".txt'),
        ("; filename*=utf-8'fr'%C3%A9t%C3%A9.txt", "filename", "été.txt"),
        ("; filename*0*=utf-8''%C3%A9; filename*1=t; filename*2*=%C3%A9", "filename", "été"),
        ('; filename*1="b"; filename*0="a"', "filename", "ab"),
        ("; filename=\"ete.txt\"; filename*=utf-8''%C3%A9t%C3%A9.txt", "filename", "été.txt"),
        ('; filename="=?utf-8?q?=C3=A9t=C3=A9.txt?="', "filename", "été.txt"),
        ("; filename*=iso-8859-1''%E9", "filename", "é"),
        ("; filename*=%C3%A9", "filename", "é"),
        ('; boundary="a  =?utf-8?q?b?="', "boundary", "a  =?utf-8?q?b?="),
        ("; FILENAME = spaced.txt", "filename", "spaced.txt"),
        ('; filename="never closed', "filename", "never closed"),
    ],
)
def test_parameters(raw: str, name: str, expected: str) -> None:
    assert parameters(raw, [])[name] == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ana <ana@example.org>, ben@example.org", ["Ana <ana@example.org>", "ben@example.org"]),
        ('"Roe, Ana" <ana@example.org>', ["Roe, Ana <ana@example.org>"]),
        ("ana@example.org (Ana (the first) Roe)", ["Ana the first Roe <ana@example.org>"]),
        ("=?utf-8?q?Roe=2C_Ana?= <ana@example.org>", ["Roe, Ana <ana@example.org>"]),
        ("=?utf-8?q?Roe,_Ana?= <ana@example.org>", ["Roe, Ana <ana@example.org>"]),
        ("Friends: ana@example.org, Ben <b@example.org>;", ["ana@example.org", "Ben <b@example.org>"]),
        ("undisclosed-recipients:;", []),
        ('"ana@example.org" <ana@example.org>', ["ana@example.org"]),
        ("Ana <ana@example.org", ["Ana <ana@example.org>"]),
        ("<>", []),
        ("Ana", ["Ana"]),
        (", ,", []),
        ('O"Neil <o@example.org>', ['O"Neil <o@example.org>']),
    ],
)
def test_addresses(raw: str, expected: list[str]) -> None:
    assert addresses(raw.encode(), []) == expected


def test_addresses_in_raw_utf_8_and_latin_1_are_read() -> None:
    assert addresses("Zoë <z@example.org>".encode(), []) == ["Zoë <z@example.org>"]
    assert addresses("Zoë <z@example.org>".encode("latin-1"), []) == ["Zoë <z@example.org>"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"<a@b>", ["a@b"]),
        (b"<a@b> <c@d>\n\t<e@f>", ["a@b", "c@d", "e@f"]),
        (b"Your message of Monday <a@b>", ["a@b"]),
        (b"<fol ded@b>", ["folded@b"]),
        (b"bare@id", ["bare@id"]),
        (b"nothing here", []),
        (b"<<a@b>>", ["a@b"]),
        (b"<>", []),
    ],
)
def test_identifiers(raw: bytes, expected: list[str]) -> None:
    assert identifiers(raw) == expected


def test_a_name_cannot_hide_a_line_end() -> None:
    word = base64.b64encode(b"Ana\r\nBcc: x@example.org").decode()
    assert "\n" not in addresses(f"=?utf-8?b?{word}?= <ana@example.org>".encode(), [])[0]
