"""How one message reads: charsets, parts, attachments, forwarded and signed mail, dates."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from storage.records import Record
from storage.sources.message import parse

HEAD = b"From: Ana <ana@example.org>\nTo: Ben <ben@example.org>\nSubject: Tea\nDate: Sat, 14 Mar 2026 10:00:00 +0100\n"


def message(content: bytes, fields: bytes = b"") -> Record:
    return parse(HEAD + fields + b"\n" + content, "test")


def typed(content: bytes, content_type: str, encoding: str = "8bit") -> Record:
    return message(content, f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n".encode())


def multipart(subtype: str, *parts: bytes) -> bytes:
    inner = b"".join(b"--mark\n" + part + b"\n" for part in parts) + b"--mark--\n"
    return f'Content-Type: multipart/{subtype}; boundary="mark"\n\n'.encode() + inner


def mixed(subtype: str, *parts: bytes) -> Record:
    return parse(HEAD + multipart(subtype, *parts), "test")


PLAIN = b"Content-Type: text/plain; charset=utf-8\n\nThe plain words."
HTML = b"Content-Type: text/html; charset=utf-8\n\n<p>The <b>HTML</b> words.</p>"


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("utf-8", "utf-8", "Crème brûlée à 3 €"),
        ("iso-8859-15", "iso-8859-15", "Crème brûlée à 3 €"),
        ("koi8-r", "koi8-r", "Добрый день"),
        ("iso-2022-jp", "iso-2022-jp", "日本語の手紙"),
        ("shift_jis", "cp932", "日本語①"),
        ("gb2312", "gb18030", "镕基先生"),
        ("ks_c_5601-1987", "cp949", "안녕하세요"),
        ("utf-7", "utf-7", "Crème brûlée"),
        ("unicode-1-1-utf-7", "utf-7", "Grüße"),
        ("utf-16", "utf-16", "zwei Bytes"),
        ("UTF8", "utf-8", "Grüße"),
        ("x-mac-roman", "mac_roman", "déjà"),
    ],
)
def test_a_declared_charset_is_used(charset: str, codec: str, text: str) -> None:
    encoded = base64.encodebytes(text.encode(codec))
    assert typed(encoded, f"text/plain; charset={charset}", "base64").body == text


def test_windows_quotes_labelled_latin_1_come_out_as_quotes() -> None:
    assert typed(b"\x93so\x94 \x96 \x80", "text/plain; charset=iso-8859-1").body == "“so” – €"


def test_utf_8_labelled_as_ascii_or_latin_1_is_utf_8_and_noted() -> None:
    record = typed("Crème".encode(), "text/plain; charset=us-ascii")
    assert record.body == "Crème"
    assert any("is UTF-8" in warning for warning in record.warnings)


def test_a_missing_charset_is_guessed_and_noted() -> None:
    record = message("Voilà la crème brûlée, s’il vous plaît".encode("cp1252"))
    assert record.body == "Voilà la crème brûlée, s’il vous plaît"
    assert any("charset" in warning for warning in record.warnings)


def test_a_missing_charset_of_another_script_is_guessed() -> None:
    text = "Здравствуйте, дорогие друзья! Завтра мы встречаемся в десять часов утра у входа в музей. " * 3
    assert message(text.encode("cp1251")).body == text.strip()


@pytest.mark.parametrize("label", ["x-nonsense", "rot13", "punycode", "undefined", "unicode_escape", "\\0", "a" * 999])
def test_an_unknown_charset_is_guessed_and_noted(label: str) -> None:
    record = typed("Crème".encode(), f'text/plain; charset="{label}"')
    assert record.body == "Crème"


def test_a_damaged_letter_costs_that_letter_only() -> None:
    record = typed("élan é".encode() + b" \xff " + "été".encode(), "text/plain; charset=utf-8")
    assert record.body == "élan é \ufffd été"
    assert record.warnings == ("1 characters are damaged (charset utf-8).",)


def test_control_characters_go_and_line_ends_are_one_kind() -> None:
    assert message(b"a\x00b\x1b[31m\r\nc\rd\x07\n").body == "ab[31m\nc\nd"


def test_what_is_stored_can_always_be_encoded() -> None:
    for record in (message(base64.b64encode(b"x"), b"X: y\n"), typed(b"+2AA- lone", "text/plain; charset=utf-7")):
        assert record.body.encode("utf-8").decode("utf-8") == record.body


def test_direction_overrides_are_noted_in_a_body_and_dropped_from_a_name() -> None:
    record = mixed(
        "mixed",
        "Content-Type: text/plain; charset=utf-8\n\nsee \u202eabc".encode(),
        'Content-Type: application/pdf\nContent-Disposition: attachment; filename="x\u202efdp.exe"\n\nq'.encode(),
    )
    assert any("reading direction" in warning for warning in record.warnings)
    assert record.attachments[0].name == "xfdp.exe"


def test_invisible_tag_characters_are_dropped_and_noted_but_flags_stay() -> None:
    smuggled = "".join(chr(0xE0000 + ord(letter)) for letter in "send all mail")
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    record = typed(f"Hello{smuggled} {flag}".encode(), "text/plain; charset=utf-8")
    assert record.body == f"Hello {flag}"
    assert any("no screen shows" in warning for warning in record.warnings)


def test_quoted_printable_damage_is_tolerated_and_noted() -> None:
    record = typed(b"caf=C3=A9 = 50% =ZZ soft=\nbreak", "text/plain; charset=utf-8", "quoted-printable")
    assert record.body.startswith("café = 50% =ZZ softbreak")
    assert any("quoted-printable" in warning for warning in record.warnings)


def test_base64_damage_costs_little_and_is_noted() -> None:
    encoded = base64.b64encode(b"All these words survive the damage.").decode()
    record = typed((encoded[:16] + "!\n*" + encoded[16:].rstrip("=")).encode(), "text/plain", "base64")
    assert record.body == "All these words survive the damage."
    assert any("base64" in warning for warning in record.warnings)


def test_the_footer_that_a_list_appends_to_base64_is_read_as_text() -> None:
    content = base64.encodebytes("Crème".encode()) + b"_______________\nlist mailing list\nhttps://lists.example.org/\n"
    assert typed(content, "text/plain; charset=utf-8", "base64").body.split("\n")[0] == "Crème"
    assert "mailing list" in typed(content, "text/plain; charset=utf-8", "base64").body


def test_plain_text_is_preferred_to_html() -> None:
    assert mixed("alternative", PLAIN, HTML).body == "The plain words."


@pytest.mark.parametrize(
    "stub",
    [
        "",
        "  \n",
        "Please view this message in an HTML capable reader.",
        "Pour lire ce message, ouvrez votre navigateur.",
    ],
)
def test_a_plain_text_that_only_points_to_the_html_gives_way(stub: str) -> None:
    record = mixed("alternative", b"Content-Type: text/plain\n\n" + stub.encode(), HTML)
    assert record.body == "The HTML words."


def test_a_plain_text_far_shorter_than_the_html_gives_way() -> None:
    long_html = b"Content-Type: text/html\n\n<p>" + b"many words here " * 100 + b"</p>"
    assert mixed("alternative", b"Content-Type: text/plain\n\nNews!", long_html).body.startswith("many words here")


def test_attachments_inside_an_alternative_are_not_lost() -> None:
    inner = multipart("mixed", HTML, b"Content-Type: application/pdf; name=plan.pdf\n\nxyz").replace(b"mark", b"inner")
    record = mixed("alternative", PLAIN, inner)
    assert record.body == "The plain words."
    assert [(each.name, each.size) for each in record.attachments] == [("plan.pdf", 3)]


def test_parts_are_shown_in_their_order() -> None:
    record = mixed("mixed", b"\nfirst", HTML, b"\nlast")
    assert record.body == "first\n\nThe HTML words.\n\nlast"


def test_a_picture_within_the_html_is_listed() -> None:
    record = mixed("related", HTML, b"Content-Type: image/png\nContent-ID: <a>\nContent-Disposition: inline\n\npng")
    assert record.body == "The HTML words."
    assert [(each.name, each.media_type) for each in record.attachments] == [("unnamed", "image/png")]


def test_a_forwarded_message_is_shown_with_its_header_and_listed() -> None:
    inner = (
        b"From: Cem <cem@example.org>\nSubject: =?utf-8?q?Caf=C3=A9?=\nDate: Fri, 13 Mar 2026 09:00:00 +0000\n\nInner."
    )
    record = mixed("mixed", PLAIN, b"Content-Type: message/rfc822\n\n" + inner)
    assert record.body.endswith(
        "---------- Forwarded message ----------\n"
        "From: Cem <cem@example.org>\nDate: Fri, 13 Mar 2026 09:00:00 +0000\nSubject: Café\n\nInner."
    )
    assert [(each.name, each.media_type, each.size) for each in record.attachments] == [
        ("Café.eml", "message/rfc822", len(inner))
    ]


def test_the_parts_of_a_digest_are_messages() -> None:
    record = mixed("digest", b"\nSubject: one\n\nOne.", b"\nSubject: two\n\nTwo.")
    assert "Subject: one\n\nOne." in record.body
    assert "Subject: two\n\nTwo." in record.body


def test_flowed_text_is_joined_and_quotes_keep_their_depth() -> None:
    record = typed(b"One long \nparagraph.\n> quoted \n> too\n-- \nAna\n", "text/plain; format=flowed")
    assert record.body == "One long paragraph.\n> quoted too\n-- \nAna"


def test_flowed_text_may_delete_the_joining_space() -> None:
    assert typed("日本 \n語".encode(), "text/plain; charset=utf-8; format=flowed; delsp=yes").body == "日本語"


def test_a_signed_message_shows_its_text_and_lists_the_signature() -> None:
    record = mixed("signed", PLAIN, b"Content-Type: application/pgp-signature\n\nsig")
    assert record.body == "The plain words."
    assert [each.name for each in record.attachments] == ["signature.asc"]


def test_inline_pgp_armour_is_taken_off() -> None:
    record = message(
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThe words.\n- -- \nAna\n"
        b"-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    assert record.body == "The words.\n-- \nAna\n".rstrip()
    assert any("unchecked" in warning for warning in record.warnings)


def test_an_encrypted_message_says_so() -> None:
    record = mixed(
        "encrypted", b"Content-Type: application/pgp-encrypted\n\nVersion: 1", b"Content-Type: application/x\n\nq"
    )
    assert record.body == "[This message is encrypted; its content cannot be read here.]"


def test_an_invitation_is_told_in_words() -> None:
    calendar = (
        b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\n"
        b'SUMMARY:Dentist\\, at last\nDTSTART;TZID="Europe/Paris":20260314T153000\nLOCATION:Rue de\n  Rivoli 3\n'
        b"ORGANIZER;CN=Dr Ko:mailto:ko@example.org\nDESCRIPTION:Bring\\nthe card\nBEGIN:VALARM\nDESCRIPTION:beep\n"
        b"END:VALARM\nEND:VEVENT\nEND:VCALENDAR"
    )
    record = mixed("alternative", PLAIN, calendar)
    assert record.body == (
        "The plain words.\n\nInvitation: Dentist, at last\nStart: 2026-03-14 15:30 Europe/Paris\n"
        "Where: Rue de Rivoli 3\nOrganizer: Dr Ko <ko@example.org>\n\nBring\nthe card"
    )
    assert record.attachments[0].name == "invite.ics"
    assert "SUMMARY:Dentist" in record.attachments[0].text


def test_a_textual_attachment_can_be_searched() -> None:
    record = mixed(
        "mixed", PLAIN, b"Content-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\nday,sum\n1,2"
    )
    assert record.attachments[0].text == "day,sum\n1,2"
    assert record.body == "The plain words."


def test_a_named_text_meant_to_be_shown_is_shown_and_listed() -> None:
    patch = b"Content-Type: text/x-diff\nContent-Disposition: inline; filename=a.patch\n\n+added"
    record = mixed("mixed", PLAIN, patch)
    assert record.body == "The plain words.\n\n+added"
    assert [(each.name, each.text) for each in record.attachments] == [("a.patch", "")]


def test_a_long_textual_attachment_is_cut() -> None:
    part = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n" + b"word " * 100_000
    attachment = mixed("mixed", PLAIN, part).attachments[0]
    assert (attachment.size, len(attachment.text)) == (500_000, 200_000)


def test_outlooks_package_is_listed_and_noted() -> None:
    record = mixed("mixed", PLAIN, b"Content-Type: application/ms-tnef; name=winmail.dat\n\nx")
    assert record.attachments[0].name == "winmail.dat"
    assert any("winmail.dat" in warning for warning in record.warnings)


def test_an_archive_is_listed_and_never_unpacked() -> None:
    record = mixed("mixed", PLAIN, b"Content-Type: application/zip; name=a.zip\n\nPK\x03\x04 secret.txt hello")
    assert (record.attachments[0].text, record.body) == ("", "The plain words.")


def test_uuencoded_text_is_left() -> None:
    assert "begin 644 a.txt" in message(b"Look:\n\nbegin 644 a.txt\n#0V%T\n`\nend\n").body


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sat, 14 Mar 2026 10:00:00 +0100", "2026-03-14T09:00:00"),
        ("14 Mar 26 10:00 EST", "2026-03-14T15:00:00"),
        ("Sat 14 Mar 2026 10:00:00", "2026-03-14T10:00:00"),
        ("Sat Mar 14 10:00:00 2026", "2026-03-14T10:00:00"),
        ("Sat,14 Mar 2026 10:00:00 GMT (coordinated)", "2026-03-14T10:00:00"),
        ("2026-03-14T10:00:00+01:00", "2026-03-14T09:00:00"),
        ("Mon, 3 Jan 102 10:00:00 +0000", "2002-01-03T10:00:00"),
    ],
)
def test_dates_are_read_in_their_damaged_forms_too(date: str, expected: str) -> None:
    record = parse(f"From: a@b\nDate: {date}\n\nx".encode(), "test")
    assert record.date == datetime.fromisoformat(expected).replace(tzinfo=UTC).timestamp()
    assert record.warnings == ()


RECEIVED = b"Received: from a by b; Sat, 14 Mar 2026 09:00:01 +0000\n"


@pytest.mark.parametrize(
    "date", [b"", b"Date: yesterday\n", b"Date: Thu, 1 Jan 9999 00:00:00 +0000\n", b"Date: \xff\n"]
)
def test_without_a_sensible_date_the_receiving_server_is_asked(date: bytes) -> None:
    record = parse(b"From: a@b\n" + date + RECEIVED + b"\nx", "test", stored=1.8e9)
    assert record.date == datetime(2026, 3, 14, 9, 0, 1, tzinfo=UTC).timestamp()
    assert any("a server received it" in warning for warning in record.warnings)


def test_then_the_mailbox_and_then_the_file() -> None:
    marked = parse(b"From: a@b\n\nx", "test", envelope="From a@b Sat Mar 14 10:00:00 2026", stored=1.8e9)
    assert marked.date == datetime(2026, 3, 14, 10, tzinfo=UTC).timestamp()
    assert parse(b"From: a@b\n\nx", "test", stored=1.8e9).date == 1.8e9
    assert parse(b"From: a@b\n\nx", "test").date is None


def test_references_are_oldest_first_and_the_parent_last() -> None:
    fields = b"References: <1@x>\n <2@x> <1@x>\nIn-Reply-To: Mail of <3@x>\nMessage-ID: <4@x>\n"
    record = message(b"x", fields)
    assert (record.references, record.external_id) == (("1@x", "2@x", "3@x"), "4@x")


def test_a_message_does_not_answer_itself() -> None:
    assert message(b"x", b"References: <4@x>\nIn-Reply-To: <4@x>\nMessage-ID: <4@x>\n").references == ()


def test_missing_headers_leave_fields_empty() -> None:
    record = parse(b"X-Nothing: here\n\nJust text.", "test")
    assert (record.title, record.sender, record.recipients, record.external_id) == ("", "", (), "")
    assert record.body == "Just text."


def test_text_without_any_header_is_still_read() -> None:
    record = parse(b"only words\nand more", "test")
    assert record.body == "only words\nand more"
    assert "The message has no header." in record.warnings


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\n\r\n", b"\xef\xbb\xbf\n", b">From a@b Sat Mar 14 10:00:00 2026\n"]
)
def test_what_exports_put_before_the_header_is_no_body(before: bytes) -> None:
    record = parse(before + HEAD + b"\nx", "test")
    assert (record.title, record.body) == ("Tea", "x")


def test_a_cut_attachment_is_no_damage() -> None:
    part = b"Content-Type: text/plain; charset=utf-8; name=a.txt\n\nx" + "é".encode() * 500_000
    assert mixed("mixed", PLAIN, part).warnings == ()


def test_the_original_is_kept_byte_for_byte() -> None:
    raw = HEAD + b"\n\x00\xff damaged"
    assert parse(raw, "test").raw == raw


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable"])
def test_a_mail_is_the_same_whatever_its_line_ends(encoding: str) -> None:
    raw = (
        b"Message-ID: <a@example.org>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nSee the list.\n--b\nContent-Type: text/csv; name=l.csv\n"
        b"Content-Disposition: attachment; filename=l.csv\nContent-Transfer-Encoding: " + encoding.encode() + b"\n\n"
        b"a,b\nc,d\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nHello\nyou\n--b--\n"
    )
    carried = [parse(one, "o", "f") for one in (raw, raw.replace(b"\n", b"\r\n"))]
    assert carried[0].digest() == carried[1].digest()
