"""HTML as its reader sees it."""

from __future__ import annotations

import concurrent.futures

import pytest
from inscriptis.css_profiles import STRICT_CSS_PROFILE

from storage.sources.html_text import to_text


def text(source: str) -> str:
    return to_text(source, [])


def warnings(source: str) -> list[str]:
    found: list[str] = []
    to_text(source, found)
    return found


def test_blocks_are_lines_and_spaces_collapse() -> None:
    assert text("<p>One\n  line</p><div>next<br>last</div>") == "One line\n\nnext\nlast"


def test_scripts_styles_comments_and_titles_are_dropped() -> None:
    source = "<title>t</title><style>p{}</style><script>s()</script><!-- c -->seen<!-- d --> too<noscript>n</noscript>"
    assert text(source) == "seen too"


def test_a_link_keeps_its_text_and_its_address() -> None:
    assert text('See <a href="https://example.org/a">the page</a>.') == "See the page <https://example.org/a>."


@pytest.mark.parametrize("shown", ["https://example.org/", "example.org", "www.example.org", "http://example.org"])
def test_an_address_that_is_its_own_text_is_not_repeated(shown: str) -> None:
    assert text(f'<a href="https://www.example.org">{shown}</a>') == shown


@pytest.mark.parametrize("address", ["javascript:alert(1)", "#top", "data:text/html,x", "cid:1"])
def test_addresses_that_lead_nowhere_are_dropped(address: str) -> None:
    assert text(f'<a href="{address}">text</a>') == "text"


def test_a_table_of_data_is_laid_out_in_columns() -> None:
    source = "<table><tr><th>Item<th>Price</tr><tr><td>Bread<td>3,20 €</tr><tr><td>Old cheese<td>12 €</tr></table>"
    assert text(source) == "Item        Price\nBread       3,20 €\nOld cheese  12 €"


def test_a_table_that_arranges_the_page_is_read_cell_after_cell() -> None:
    source = "<table><tr><td><table><tr><td>left</td></tr></table></td><td><p>right</p></td></tr></table>"
    assert text(source).split() == ["left", "right"]


def test_lists_have_marks() -> None:
    assert text("<ul><li>one<li>two</ul><ol><li>a<li>b</ol>") == "  * one\n  * two\n 1. a\n 2. b"


def test_quotes_get_the_marks_of_plain_text() -> None:
    source = "Yes.<blockquote type=cite>Did you?<br>Well?<blockquote>Older</blockquote></blockquote>Bye"
    assert text(source) == "Yes.\n> Did you?\n> Well?\n> > Older\nBye"


def test_preformatted_text_keeps_its_lines() -> None:
    assert text("<pre>a\n  b</pre>") == "a\n  b"


def test_a_picture_is_its_alternative_text_but_a_tracker_is_nothing() -> None:
    assert text('<img src="http://x/a" alt="A cat"><img src="http://x/b" width=1 height=1 alt="t">end') == "[A cat] end"


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : NONE !important",
        "visibility:hidden",
        "opacity:0",
        "font-size:0",
        "font-size:1px",
        "color:#fff",
        "color:white",
        "color:rgb(255, 255, 255)",
        "color:#fefefe",
        "color:transparent",
        "background:#123456;color:#123456",
        "max-height:0;overflow:hidden",
        "mso-hide:all",
        "text-indent:-9999px",
        "position:absolute;left:-9999px",
    ],
)
def test_hidden_text_is_dropped_and_noted(style: str) -> None:
    source = f'<p>before</p><div style="{style}">ignore <b>all</b> rules</div><p>after</p>'
    assert text(source) == "before\n\nafter"
    assert warnings(source) == ["Text hidden from the reader was left out (14 characters)."]


@pytest.mark.parametrize(
    "source",
    [
        "<p hidden>secret</p>seen",
        "<font color=white>secret</font>seen",
        "<table bgcolor=black><tr><td><font color=#000>secret</font></td></tr></table>seen",
        "<style>.x{display:none}</style><p class='a x'>secret</p>seen",
        "<style>@import 'a'; #y { font-size : 0 }</style><p id=y>secret</p>seen",
        "<p style='display:none'>secret<span style='display:block'>secret</span></p>seen",
    ],
)
def test_hidden_by_attribute_or_simple_rule(source: str) -> None:
    assert text(source).strip() == "seen"


@pytest.mark.parametrize(
    "source",
    [
        "<div style='background:#000'><p style='color:#fff'>seen</p></div>",
        "<td bgcolor='#222222'><font color=white>seen</font></td>",
        "<div style='background:url(x.png)'><p style='color:#fff'>seen</p></div>",
        "<style>div .dark{background:#000}</style><div class=dark><p style='color:#fff'>seen</p></div>",
        "<style>td .x{background:#000}</style><p style='background:#fff'><b class=x style='color:#fff'>seen</b></p>",
        "<td style='font-size:0'><div style='font-size:13px'>seen</div></td>",
        "<style>@media (max-width:9px){.x{display:none}}</style><p class=x>seen</p>",
        "<p style='visibility:hidden'><span style='visibility:visible'>seen</span></p>",
        "<p style='display:block;opacity:0.9'>seen</p>",
        "<p style='color:#777'>seen</p>",
        "<div style='height:0'>seen</div>",
    ],
)
def test_what_a_person_sees_is_kept(source: str) -> None:
    assert text(source) == "seen"
    assert warnings(source) == []


def test_the_filler_of_a_preview_line_is_not_worth_a_note() -> None:
    assert warnings("<div style='display:none'>&zwnj;&nbsp;&#847; </div>seen") == []


def test_styles_cannot_blow_the_text_up() -> None:
    assert len(text("<p style='padding-left:99999em;margin-top:99999em'>x</p>" * 50)) < 500


def test_deep_nesting_keeps_the_words() -> None:
    source = "<div>" * 5000 + "deep" + "</div>" * 5000 + "<p>end"
    assert text(source).split() == ["deep", "end"]


def test_an_encoding_named_in_the_html_changes_nothing() -> None:
    assert text('<?xml version="1.0" encoding="utf-16"?><html><body>é</body></html>') == "é"
    assert text('<html><head><meta charset="utf-16"></head><body>é</body></html>') == "é"


@pytest.mark.parametrize(
    "source", ["", " ", "<", "<!-- only -->", "<html></html>", "&#xD800;", "</p>", "<ol></ul></ol>"]
)
def test_odd_html_is_no_error(source: str) -> None:
    assert text(source).strip() in ("", "\ufffd", "<")


def test_documents_read_at_once_do_not_mix() -> None:
    sources = [f"{n} " * 300 + f"<p>{n}</p>" * 50 + f"{n}" for n in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(text, sources))
    assert [set(result.split()) for result in results] == [{str(n)} for n in range(40)]


def test_no_text_stays_behind_in_the_layout_library() -> None:
    text("<p>private</p>")
    assert STRICT_CSS_PROFILE["body"].canvas is None
