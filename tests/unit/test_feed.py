"""A feed that is kept fresh: nothing read twice, nothing lost, nothing doubled."""

from __future__ import annotations

import pytest

from storage.records import Record
from storage.sources import feed_xml
from storage.sync import SyncFailed
from tests.unit.feed_fixtures import Subscribed, feed_fixture, item, rss  # noqa: F401
from tests.unit.web_fixtures import Handler, web_fixture  # noqa: F401

PAGE = b"""<!DOCTYPE html><html><head><title>Site</title>
<link rel="stylesheet" href="/x.css"><link rel="alternate" hreflang="fr" href="/fr">
<link rel="alternate" type="application/rss+xml" title="All" href="/all.xml">
<link rel="Alternate Home" type="application/atom+xml; charset=utf-8" href="https://other.example/atom">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" type="application/rss+xml" href="/all.xml">
</head><body>Hello</body></html>"""


def failure(feed: Subscribed) -> SyncFailed:
    with pytest.raises(SyncFailed) as failed:
        feed.sync()
    return failed.value


def titles(feed: Subscribed) -> list[str]:
    return [one.record.title for one in feed.articles()]


# One visit after the other.


def test_every_entry_becomes_an_article(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1, "&lt;p&gt;Rain &lt;b&gt;today&lt;/b&gt;.&lt;/p&gt;")))
    assert feed.sync().new == 1
    (one,) = feed.articles()
    assert one.record == Record(
        kind="article",
        title="Title 1",
        body="Rain today.\n\nhttps://news.example/1",
        date=1767261600.0,
        external_id="https://news.example/1",
        sender="The News",
        folder="The News",
        origin=feed.web.address(),
    )
    assert feed.vault.library.original(one.id).startswith(b"<item")


def test_a_feed_that_says_it_did_not_change_is_not_read(feed: Subscribed) -> None:
    feed.web.serve_with_etag(rss(item(1)))
    feed.sync()
    assert feed.sync().new == 0
    assert feed.web.asked[1][1]["if-none-match"] == '"one"'


def test_a_feed_with_the_same_bytes_is_not_read_again(feed: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed.web.serve(rss(item(1)))
    feed.sync()
    monkeypatch.delattr(feed_xml, "parse")
    assert feed.sync().new == 0


def test_what_has_dropped_out_of_the_feed_stays(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1), item(2)))
    feed.sync()
    feed.web.serve(rss(item(3)))
    synced = feed.sync()
    assert (synced.new, synced.gone, titles(feed)) == (1, 0, ["Title 1", "Title 2", "Title 3"])


def test_an_entry_that_changed_replaces_its_article(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1, "Before.")))
    feed.sync()
    feed.web.serve(rss(item(1, "After.")))
    assert (feed.sync().changed, [one.record.body.split("\n")[0] for one in feed.articles()]) == (1, ["After."])


def test_a_new_date_alone_is_no_news(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1)))
    feed.sync()
    feed.web.serve(rss(item(1, pubDate="Fri, 02 Jan 2026 10:00:00 GMT")))
    synced = feed.sync()
    assert (synced.new, synced.changed) == (0, 0)


def test_guids_that_change_with_each_visit_double_nothing(feed: Subscribed) -> None:
    for visit in range(4):
        feed.web.serve(rss(*(item(number, guid=f"{visit}-{number}") for number in range(3))))
        feed.sync()
    assert (len(feed.articles()), len(feed.ledger.known(""))) == (3, 3)


def test_entries_without_a_guid_are_known_by_their_link(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1, "Before.", guid="")))
    feed.sync()
    feed.web.serve(rss(item(1, "After.", guid="")))
    assert (feed.sync().changed, len(feed.articles())) == (1, 1)


def test_entries_without_guid_and_link_are_known_by_what_they_say(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1, guid="", link=""), item(2, guid="", link="")))
    feed.sync()
    feed.web.serve(rss(item(2, guid="", link=""), item(3, guid="", link="")))
    assert (feed.sync().new, len(feed.articles())) == (1, 3)


def test_entries_that_share_one_guid_are_told_apart_by_their_links(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1, guid="same"), item(2, guid="same")))
    feed.sync()
    feed.web.serve(rss(item(3, guid="same"), item(1, guid="same"), item(2, guid="same")))
    synced = feed.sync()
    assert (synced.new, synced.changed, len(feed.articles())) == (1, 0, 3)


def test_of_two_versions_of_an_entry_in_one_feed_the_later_stands(feed: Subscribed) -> None:
    later = item(1, "New.", pubDate="Fri, 02 Jan 2026 10:00:00 GMT")
    for entries in ((later, item(1, "Old.")), (item(1, "Old."), later)):
        feed.web.serve(rss(*entries))
        feed.sync()
    assert [one.record.body.split("\n")[0] for one in feed.articles()] == ["New."]


def test_bare_guids_of_two_feeds_join_nothing(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1, guid="17", link="")))
    feed.web.serve(rss(item(2, guid="17", link="")), "/other")
    feed.sync()
    other = Subscribed(feed.vault, feed.web, {"address": feed.web.address("/other")})
    other.sync()
    assert len({one.thread for one in feed.articles()}) == 2


def test_a_guid_made_like_a_message_id_joins_no_conversation(feed: Subscribed) -> None:
    mail = Record("mail", "Lunch", "At noon?", date=1.0, external_id="lunch@example.org", sender="Ada <a@example.org>")
    feed.vault.library.add([mail])
    feed.web.serve(rss(item(1, guid="lunch@example.org")))
    feed.sync()
    assert len({one.thread for one in feed.articles()}) == 2


def test_a_forgotten_article_does_not_come_back(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1)))
    feed.sync()
    feed.vault.library.delete([one.id for one in feed.articles()])
    feed.web.serve(rss(item(1), item(2)))
    feed.sync()
    assert titles(feed) == ["Title 2"]


def test_a_sync_that_was_cut_off_goes_on(feed: Subscribed) -> None:
    feed.web.serve_with_etag(rss(*(item(number) for number in range(200))))
    feed.sync(stop=lambda: bool(feed.ledger.known("")))
    assert 0 < len(feed.articles()) < 200
    feed.sync()
    assert len(feed.articles()) == 200


def test_entries_beyond_the_limit_are_named(feed: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_xml, "MAX_ENTRIES", 3)
    feed.web.serve(rss(*(item(number) for number in range(5))))
    synced = feed.sync()
    assert (synced.new, "2 entries" in synced.failed[0][1]) == (3, True)


def test_a_feed_says_how_often_it_is_worth_a_look(feed: Subscribed) -> None:
    feed.web.serve_with_etag(rss("<ttl>240</ttl>", item(1)))
    assert [feed.sync().again, feed.sync().again] == [4 * 3600.0] * 2
    feed.web.serve(rss("<ttl>soon</ttl>", item(1)))
    assert feed.sync().again is None


# The address.


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(feed: Subscribed) -> None:
    feed.web.serve_with_etag(rss(item(1)), path="/new")
    feed.web.redirect("/new", "/feed", 301)
    feed.sync()
    feed.sync()
    assert [path for path, _ in feed.web.asked] == ["/feed", "/new", "/new"]


def test_a_permanent_redirect_to_what_is_no_feed_is_not_believed(feed: Subscribed) -> None:
    """The login page of a hotel's network answers so."""
    feed.web.serve(PAGE, "/login", Content_Type="text/html")
    feed.web.redirect("/login", "/feed", 301)
    assert failure(feed).code == "source-broken"
    feed.web.serve(rss(item(1)))
    assert feed.sync().new == 1


def test_where_the_new_address_fails_the_old_one_is_asked_again(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1)), "/new")
    feed.web.redirect("/new", "/feed", 301)
    feed.sync()
    feed.web.serve(b"", "/new", status=404)
    assert failure(feed).code == "source-refused"
    feed.web.serve(rss(item(2)))
    assert feed.sync().new == 1


def test_another_address_begins_anew(feed: Subscribed) -> None:
    feed.web.serve_with_etag(rss(item(1)))
    feed.sync()
    feed.web.serve_with_etag(rss(item(2)), path="/other")
    feed.vault.sources.edit(feed.source, "News", {**feed.config, "address": feed.web.address("/other")})
    assert feed.sync().new == 1
    assert "if-none-match" not in feed.web.asked[-1][1]


def test_local_addresses_are_refused_unless_allowed(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1)))
    for local in (False, "yes", 1, None):
        feed.vault.sources.edit(feed.source, "News", {**feed.config, "local": local})
        assert failure(feed).code == "source-refused"
    assert feed.web.asked == []


def test_a_feed_that_is_gone_says_so_and_leaves_its_articles(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1)))
    feed.sync()
    feed.web.serve(b"", status=410)
    assert failure(feed).code == "source-gone"
    assert titles(feed) == ["Title 1"]


def test_a_busy_server_is_asked_later(feed: Subscribed) -> None:
    feed.web.serve(b"", status=429, Retry_After="300")
    found = failure(feed)
    assert (found.code, found.later) == ("source-busy", 300.0)


@pytest.mark.parametrize("body", [b"", b"   ", b"{}", b"\x89PNG\r\n", b"<xml/>", b"<svg/>", PAGE, b"<rss", b"<!--"])
def test_what_is_no_feed_is_an_error_each_time(feed: Subscribed, body: bytes) -> None:
    feed.web.serve(body)
    for _ in range(2):
        assert failure(feed).code == "source-broken"


def test_an_empty_feed_is_a_feed(feed: Subscribed) -> None:
    feed.web.serve(rss())
    assert feed.check() == ()
    assert feed.sync().new == 0


# Adding one.


def test_a_feed_passes_the_check(feed: Subscribed) -> None:
    feed.web.serve(rss(item(1)))
    assert feed.check() == ()


def test_a_web_page_proposes_its_feeds(feed: Subscribed) -> None:
    feed.web.serve(PAGE, Content_Type="text/html")
    assert feed.check() == (feed.web.address("/all.xml"), "https://other.example/atom")


def test_a_web_page_without_feeds_is_an_error(feed: Subscribed) -> None:
    feed.web.serve(b"<html><body>Hello</body></html>", Content_Type="text/html")
    with pytest.raises(SyncFailed, match="web page"):
        feed.check()


def test_a_page_that_names_thousands_of_feeds_proposes_some(feed: Subscribed) -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(5000))
    feed.web.serve(f"<html><head>{links}</head></html>".encode(), Content_Type="text/html")
    assert len(feed.check()) == 20


def test_an_address_that_means_nothing_is_a_value_error(feed: Subscribed) -> None:
    feed.vault.sources.edit(feed.source, "News", {"address": "file:///etc/passwd"})
    with pytest.raises(ValueError):
        feed.check()


def test_a_feed_has_nothing_to_wait_for(feed: Subscribed) -> None:
    feed.driver.watch(feed.account, lambda: None, lambda: False)


def test_a_stopped_sync_ends_without_an_error(feed: Subscribed) -> None:
    def slow(handler: Handler) -> None:
        feed.web.over.wait(20)

    feed.web.routes["/feed"] = slow
    assert feed.sync(stop=lambda: True).new == 0
