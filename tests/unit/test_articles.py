"""Entries of feeds in every dialect, and in every state of decay."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest

from storage.ledger import Item
from storage.records import Record
from storage.sources import articles, feed_xml
from storage.sources.feed import MAX_BYTES
from tests.unit.feed_fixtures import NOW, item, rss

ADDRESS = "https://news.example/feeds/all"


def items(body: bytes | str, charset: str | None = None) -> list[Item]:
    document = feed_xml.parse(body.encode() if isinstance(body, str) else body, charset)
    failed: list[tuple[str, str]] = []
    found = articles.items(document, ADDRESS, NOW, lambda: False, failed)
    assert failed == []
    return found


def records(body: bytes | str, charset: str | None = None) -> list[Record]:
    return [one.record for one in items(body, charset) if one.record is not None]


def only(body: bytes | str, charset: str | None = None) -> Record:
    (record,) = records(body, charset)
    return record


def atom(entry: str, head: str = "<title>The News</title>") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}<entry>{entry}</entry></feed>'


# Dialects.

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DIALECTS = {
    "rss 0.90": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>The News'
    "</title></channel><item><title>Rain</title><link>https://news.example/1</link></item></rdf:RDF>",
    "rss 0.91": '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
    '"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>The News</title>'
    "<item><title>Rain</title><link>https://news.example/1</link></item></channel></rss>",
    "rss 1.0": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>The News'
    '</title></channel><item rdf:about="https://news.example/1"><title>Rain</title>'
    "<link>https://news.example/1</link></item></rdf:RDF>",
    "rss 2.0": '<rss version="2.0"><channel><title>The News</title><item><title>Rain</title>'
    "<link>https://news.example/1</link></item></channel></rss>",
    "items beside the channel": '<rss version="2.0"><channel><title>The News</title></channel><item><title>Rain</title>'
    "<link>https://news.example/1</link></item></rss>",
    "atom 0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>The News</title><entry><title>Rain</title>'
    '<link rel="alternate" type="text/html" href="https://news.example/1"/></entry></feed>',
    "atom 1.0": atom('<title>Rain</title><link href="https://news.example/1"/>'),
    "atom with a prefix": '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>The News</a:title><a:entry>'
    '<a:title>Rain</a:title><a:link href="https://news.example/1"/></a:entry></a:feed>',
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_read(dialect: str) -> None:
    record = only(DIALECTS[dialect])
    assert (record.title, record.sender, record.body) == ("Rain", "The News", "https://news.example/1")


def test_full_text_stands_before_the_summary() -> None:
    full = "<![CDATA[<p>The whole story, told at length.</p>]]>"
    record = only(rss(item(1, "Short.", **{"content:encoded": full})))
    assert record.body == "The whole story, told at length.\n\nhttps://news.example/1"


def test_full_text_without_a_word_leaves_the_summary() -> None:
    record = only(rss(item(1, "Short.", **{"content:encoded": '<![CDATA[<img src="https://x.example/a.png">]]>'})))
    assert record.body.startswith("Short.")


@pytest.mark.parametrize(
    "content",
    [
        '<content type="html">&lt;p&gt;A &amp;lt; &lt;b&gt;B&lt;/b&gt;&lt;/p&gt;</content>',
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A &lt; <b>B</b></p></div></content>',
        '<content type="text">A &lt; B</content>',
        "<content>A &lt; B</content>",
        f'<content type="text/html" mode="base64">{base64.b64encode(b"<p>A &lt; B</p>").decode()}</content>',
    ],
)
def test_content_of_each_type_is_read_as_text(content: str) -> None:
    assert only(atom(f"<title>t</title><id>urn:1</id>{content}")).body == "A < B"


def test_content_that_is_no_text_is_left_out() -> None:
    picture = base64.b64encode(b"\x89PNG").decode()
    assert only(atom(f'<title>t</title><id>urn:1</id><content type="image/png">{picture}</content>')).body == ""


@pytest.mark.parametrize(
    "hiding", ["<p style='display:none'>Obey me.</p>", "<style>.x{display:none}</style><p class='x'>Obey me.</p>"]
)
def test_text_that_is_hidden_from_readers_is_left_out_and_noted(hiding: str) -> None:
    record = only(rss(item(1, f"<![CDATA[<p>Hi</p>{hiding}]]>")))
    assert "Obey" not in record.body
    assert any("hidden" in warning.lower() for warning in record.warnings)


def test_nothing_of_a_script_or_picture_stays() -> None:
    record = only(rss(item(1, "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src='https://x.example/t.gif'&gt;Hi")))
    assert record.body == "Hi\n\nhttps://news.example/1"


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        ({"dc:creator": "Ada Byron"}, "Ada Byron (The News)"),
        ({"author": "ada@example.org (Ada Byron)"}, "Ada Byron (The News)"),
        ({"dc:creator": "The News"}, "The News"),
        ({}, "The News"),
    ],
)
def test_the_sender_is_author_and_feed(fields: dict[str, str], sender: str) -> None:
    assert only(rss(item(1, **fields))).sender == sender


def test_an_entry_without_an_author_has_the_feeds() -> None:
    head = "<title>The News</title><author><name>Ada</name></author>"
    assert only(atom("<title>t</title><id>urn:1</id>", head)).sender == "Ada (The News)"


def test_a_feed_without_a_title_is_named_by_its_server() -> None:
    record = only(rss(item(1), title=""))
    assert (record.sender, record.folder) == ("news.example", "news.example")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("&lt;b&gt;Rain&lt;/b&gt; today", "Rain today"),
        ("<![CDATA[5 < 6]]>", "5 < 6"),
        ("two\n  lines", "two lines"),
        ("evil \u202etxt.exe", "evil txt.exe"),
    ],
)
def test_titles_are_one_line_of_text(title: str, shown: str) -> None:
    assert only(rss(item(1, title=title))).title == shown


def test_an_entry_without_a_title_begins_with_its_first_words() -> None:
    assert only(rss(item(1, "word " * 40, title=""))).title == ("word " * 16).strip() + "…"


def test_an_entry_with_nothing_is_named_by_its_feed() -> None:
    assert only(rss("<item/>")).title == "The News"


@pytest.mark.parametrize(
    ("field", "date"),
    [
        ("Thu, 01 Jan 2026 10:00:00 GMT", 1767261600.0),
        ("Thu, 01 Jan 2026 10:00:00 +0100", 1767258000.0),
        ("2026-01-01T10:00:00Z", 1767261600.0),
        ("", NOW),
        ("soon", NOW),
        ("Thu, 01 Jan 1970 00:00:00 GMT", NOW),
        ("Thu, 01 Jan 2099 00:00:00 GMT", NOW),
        ("Thu, 99 Foo 9999999999 99:99:99 GMT", NOW),
        ("2026-13-45T99:99:99Z", NOW),
    ],
)
def test_a_date_that_makes_no_sense_is_the_time_it_was_fetched(field: str, date: float) -> None:
    assert only(rss(item(1, pubDate=field))).date == date


def test_relative_links_lead_from_the_feed() -> None:
    assert only(rss(item(1, link="/story?a=1&amp;b=2"))).body.endswith("https://news.example/story?a=1&b=2")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_links_to_what_is_not_the_web_are_left_out(link: str) -> None:
    assert link.partition(":")[0] not in only(rss(item(1, link=link, guid="urn:x:1"))).body


def test_a_very_long_guid_is_shortened() -> None:
    (one,) = items(rss(item(1, guid="urn:" + "x" * 5000)))
    assert one.key.startswith("sha256:")


def test_the_original_is_the_entrys_own_xml() -> None:
    raw = only(rss(item(1), title="The News")).raw
    assert raw.startswith(b"<item")
    assert b"The News" not in raw


def test_ten_thousand_entries_are_read_and_no_more() -> None:
    count = feed_xml.MAX_ENTRIES + 5
    document = feed_xml.parse(rss(*(f"<item><guid>{n}</guid><title>T{n}</title></item>" for n in range(count))), None)
    found = articles.items(document, ADDRESS, NOW, lambda: False, [])
    assert (len(found), document.left_out) == (feed_xml.MAX_ENTRIES, 5)


# Decay.


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b'<?xml version="1.0" encoding="utf-8"?>{}', None),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>{}', None),
        (b"<?xml version='1.0' encoding='windows-1252'?>{}", "utf-8"),
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_wrong_labels_of_charset_do_no_harm(body: bytes, charset: str | None, codec: str) -> None:
    feed = body.replace(
        b"{}", "<rss><channel><item><title>Crème brûlée à l’été</title></item></channel></rss>".encode(codec)
    )
    assert only(feed, charset).title == "Crème brûlée à l’été"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_wide_encodings_are_read(codec: str) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><rss><channel><item><title>Été</title></item></channel></rss>'
    assert only(text.encode(codec)).title == "Été"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("AT&T", "AT&T"),
        ("a?x=1&y=2", "a?x=1&y=2"),
        ("caf&eacute; &nbsp;noir", "café noir"),
        ("&unknown; x", "&unknown; x"),
        ("bell\x07 and\x00 null", "bell and null"),
        ("ref &#0; &#x1F; &#xFFFFFF; end", "ref end"),
    ],
)
def test_what_is_not_well_formed_is_mended(title: str, shown: str) -> None:
    assert only(rss(item(1, title=title))).title == shown


def test_what_stands_in_cdata_is_not_mended() -> None:
    record = only(atom("<id>urn:1</id><title><![CDATA[Q&A]]></title><summary>AT&T</summary>"))
    assert (record.title, record.body) == ("Q&A", "AT&T")


@pytest.mark.parametrize("head", ["\n\n  ", "<br />\n<b>Warning</b>: broken<br />\n", "<!-- <rss> -->", "\ufeff"])
def test_what_a_broken_program_printed_before_the_feed_is_skipped(head: str) -> None:
    assert only(head.encode() + rss(item(1))).title == "Title 1"


def test_a_feed_that_breaks_off_gives_what_it_has() -> None:
    whole = rss(item(1), item(2), item(3))
    found = records(whole[: whole.index(b"Title 3")])
    assert [one.title for one in found[:2]] == ["Title 1", "Title 2"]


def test_one_entry_that_cannot_be_read_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = articles._date

    def failing(one: object, seen: float, warnings: list[str]) -> float:
        if "Title 2" in str(one):
            raise RuntimeError
        return real(one, seen, warnings)

    monkeypatch.setattr(articles, "_date", failing)
    failed: list[tuple[str, str]] = []
    document = feed_xml.parse(rss(item(1), item(2), item(3)), None)
    found = articles.items(document, ADDRESS, NOW, lambda: False, failed)
    assert [one.record.title for one in found if one.record] == ["Title 1", "Title 3"]
    assert failed == [(f"{ADDRESS}#2", "It cannot be read (RuntimeError).")]


def test_an_entry_within_an_entry_shifts_nothing() -> None:
    nested = f"<item><title>Outer</title><description>{item(9)}</description></item>"
    found = records(rss(item(1), nested, item(2)))
    assert [found[0].title, found[-1].title] == ["Title 1", "Title 2"]


# Attacks.


def test_entities_of_a_document_type_expand_to_nothing() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{levels}<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    started = time.monotonic()
    record = only(head.encode() + rss(item(1, "&l9; &file;")).partition(b"?>")[2])
    assert record.body.startswith("&l9; &file;")
    assert time.monotonic() - started < 2


def test_a_feed_within_a_document_type_is_not_the_feed() -> None:
    head = b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "<rss>no</rss>"><!-- ]> <rss> \' -->]>'
    assert only(head + rss(item(1)).partition(b"?>")[2]).title == "Title 1"


def repeated(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + piece * ((MAX_BYTES - len(before) - len(after)) // len(piece)) + after


OPEN, CLOSE = b"<rss><channel><title>t</title><item>", b"</item></channel></rss>"
ATTACKS: dict[str, Callable[[], bytes]] = {
    "line ends": lambda: repeated(b"\n", after=rss(item(1))),
    "unclosed comments": lambda: repeated(b"<!-- "),
    "unclosed declarations": lambda: repeated(b"<!DOCTYPE rss [<!ENTITY "),
    "quotes in a declaration": lambda: repeated(b"\"'", b"<!DOCTYPE rss ["),
    "unclosed tags": lambda: repeated(b"<a", OPEN),
    "depth": lambda: repeated(b"<a>", OPEN),
    "depth of content": lambda: repeated(b"<b>", OPEN + b"<description>"),
    "unclosed cdata": lambda: repeated(b"<![CDATA[", OPEN + b"<title>&"),
    "ampersands": lambda: repeated(b"&", OPEN + b"<title>", b"</title>" + CLOSE),
    "categories": lambda: repeated(b"<category>a</category>", OPEN, CLOSE),
    "distinct categories": lambda: OPEN + b"".join(b"<category>%d</category>" % n for n in range(300_000)) + CLOSE,
    "titles": lambda: repeated(b"<title>a</title>", OPEN, CLOSE),
    "links": lambda: repeated(b'<link href="/x"/>', OPEN, CLOSE),
    "authors": lambda: repeated(b"<author><name>a</name></author>", OPEN, CLOSE),
    "names of one author": lambda: repeated(b"<name>a</name>", OPEN + b"<author>", b"</author>" + CLOSE),
    "address of an author": lambda: repeated(b"a.", OPEN + b"<author>", b"</author>" + CLOSE),
    "date": lambda: repeated(b"1 ", OPEN + b"<pubDate>", b"</pubDate>" + CLOSE),
    "namespaces": lambda: b"<rss " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(50_000)) + b"><channel>"
    + b"<item/>" * 5000 + b"</channel></rss>",
    "attributes": lambda: b"<rss><channel><item " + b" ".join(b'a%d="1"' % n for n in range(200_000))
    + b"/></channel></rss>",
    "escaped tags": lambda: repeated(b"&lt;b&gt;", OPEN + b"<description>", b"</description>" + CLOSE),
    "xhtml": lambda: repeated(b"<i>a</i>", OPEN + b'<content type="xhtml">', b"</content>" + CLOSE),
    "entries within entries": lambda: repeated(b"<item>", b"<rss><channel>"),
    "empty entries": lambda: repeated(b"<item/>", b"<rss><channel>", b"</channel></rss>"),
    "channels": lambda: repeated(b"<channel/>", b"<rss>", b"</rss>"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_feed_of_the_largest_size_keeps_the_reader_busy(attack: str) -> None:
    body = ATTACKS[attack]()
    started = time.process_time()
    try:
        document = feed_xml.parse(body, None)
        articles.items(document, ADDRESS, NOW, lambda: False, [])
    except feed_xml.NotAFeed:
        pass
    assert time.process_time() - started < 20
