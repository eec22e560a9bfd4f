"""A mail server that lies costs neither memory nor time, and never a message of those it does give out."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from storage.sources import MAX_MESSAGE, imap_wire
from tests.servers.certificates import Authority
from tests.servers.lying import Liar, Lie, Script, forever, uids
from tests.unit.imap_fixtures import PASSWORD, Box, authority_fixture, box_fixture, script_fixture, vault_fixture

__all__ = ["authority_fixture", "box_fixture", "script_fixture", "vault_fixture"]

MIB = 1024 * 1024
ALL = ["m1", "m2", "m3", "m5", "m8"]


@contextmanager
def bounded(memory: int, seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < seconds


def honest_but(script: Script, uid: int, lie: Callable[[bytes], bytes]) -> Lie:
    """FETCH of bodies where `lie` changes the response for `uid`."""

    def answer(tag: bytes, arguments: bytes) -> Iterator[bytes]:
        wanted, _, what = arguments.partition(b" ")
        for one in sorted(uids(wanted) & set(script.messages)):
            said = script.fetched(one, what)
            yield lie(said) if one == uid and b"BODY" in what else said
        yield tag + b" OK done\r\n"

    return answer


def test_an_honest_server_is_read(box: Box) -> None:
    assert box.sync().new == 5
    assert box.titles() == ALL


def test_nothing_is_asked_for_that_marks_a_message_as_read(box: Box, script: Script) -> None:
    box.sync()
    said = b"".join(script.heard).upper()
    assert b"EXAMINE" in said
    assert b"BODY.PEEK[]" in said
    assert all(word not in said for word in (b"SELECT", b"STORE", b"BODY[]", b"RFC822)", b"EXPUNGE", b"CLOSE"))


@pytest.mark.parametrize("size", [MAX_MESSAGE + 1, 10**12, 10**30])
def test_a_literal_that_is_too_long_is_not_read(box: Box, script: Script, size: int) -> None:
    def lie(_tag: bytes, arguments: bytes) -> Iterable[bytes]:
        if b"BODY" not in arguments:
            return [*script._uid_fetch(arguments), _tag + b" OK done\r\n"]
        return [b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % size]  # and then nothing, for as long as anybody waits

    script.lies["UID FETCH"] = lie
    with bounded(16 * MIB, 10):
        assert box.failure().code == "source-broken"


def test_a_message_larger_than_its_size_costs_itself_and_not_the_others(box: Box, script: Script) -> None:
    """It is told apart by asking for one message at a time, and then noted so that it is not asked for again."""
    huge = b"* 2 FETCH (UID 2 BODY[] {%d}\r\n" % (MAX_MESSAGE * 2)
    script.lies["UID FETCH"] = honest_but(script, 2, lambda _said: huge)
    assert box.failure().code == "source-broken"
    for _ in range(3):
        assert "INBOX;UID=2" in str(box.failure())
    assert box.sync().failed == ()
    assert box.titles() == ["m1", "m3", "m5", "m8"]


def test_a_message_that_is_too_large_is_named_once_and_never_fetched(box: Box, script: Script) -> None:
    def lie(tag: bytes, arguments: bytes) -> Iterator[bytes]:
        wanted, _, what = arguments.partition(b" ")
        for one in sorted(uids(wanted) & set(script.messages)):
            assert not (one == 3 and b"BODY" in what)
            yield script.fetched(one, what, size=MAX_MESSAGE + 1 if one == 3 else None)
        yield tag + b" OK done\r\n"

    script.lies["UID FETCH"] = lie
    first = box.sync()
    ((where, why),) = first.failed
    assert (first.new, where.endswith(";UID=3"), why) == (4, True, "The message is larger than 64 MiB.")
    assert box.sync().failed == ()


@pytest.mark.parametrize("what", [b"* OK still here\r\n", b"* 5 EXISTS\r\n", b"* 1 FETCH (UID 1 FLAGS ())\r\n"])
def test_untagged_answers_without_end_are_cut_off(box: Box, script: Script, what: bytes) -> None:
    script.lies["UID SEARCH"] = lambda _tag, _arguments: forever(what * 1000)
    with bounded(32 * MIB, 30):
        assert box.failure().code == "source-broken"


def test_a_line_without_end_is_cut_off(box: Box, script: Script) -> None:
    script.lies["LIST"] = lambda _tag, _arguments: forever(b"x" * 65536)
    with bounded(8 * MIB, 10):
        assert box.failure().code == "source-broken"


def test_parentheses_without_end_are_no_recursion(box: Box, script: Script) -> None:
    script.lies["UID FETCH"] = lambda tag, _arguments: [b"* 1 FETCH " + b"(" * 50_000 + b"\r\n", tag + b" OK done\r\n"]
    assert box.failure().code == "source-broken"


@pytest.mark.parametrize("count", [5_000_001, 4_294_967_295, 10**40])
def test_more_messages_than_a_folder_can_hold_are_not_believed(box: Box, script: Script, count: int) -> None:
    script.lies["EXAMINE"] = lambda tag, _: [
        b"* %d EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 9]\r\n" % count,
        tag + b" OK done\r\n",
    ]
    with bounded(8 * MIB, 10):
        assert box.failure().code == "source-broken"


def test_more_uids_than_messages_are_not_believed(box: Box, script: Script) -> None:
    numbers = b" ".join(b"%d" % number for number in range(1, 8000))
    script.lies["UID SEARCH"] = lambda tag, _: [b"* SEARCH " + numbers + b"\r\n", tag + b" OK done\r\n"]
    assert box.failure().code == "source-broken"


def test_answers_nobody_asked_for_are_passed_over(box: Box, script: Script) -> None:
    stray = b"* 9 FETCH (UID 77 RFC822.SIZE 5 FLAGS () BODY[] {5}\r\nstray)\r\n"

    def lie(tag: bytes, arguments: bytes) -> list[bytes]:
        return [stray, *script._uid_fetch(arguments), stray, tag + b" OK done\r\n"]

    script.lies["UID FETCH"] = lie
    assert box.sync().new == 5
    assert box.titles() == ALL
    assert sorted(box.vault.sources.ledger(box.source).known("INBOX")) == ["1", "2", "3", "5", "8"]


def test_uids_that_cannot_be_are_passed_over(box: Box, script: Script) -> None:
    said = b"* SEARCH 0 1 4294967296 99999999999999999999\r\n"
    script.lies["UID SEARCH"] = lambda tag, _: [said, tag + b" OK done\r\n"]
    assert box.sync().new == 1


def test_a_message_that_is_not_given_out_is_given_up_after_three_syncs(box: Box, script: Script) -> None:
    script.lies["UID FETCH"] = honest_but(script, 3, lambda said: said.split(b" BODY[]")[0] + b" BODY[] NIL)\r\n")
    assert (box.sync().new, box.sync().failed) == (4, ())
    ((where, why),) = box.sync().failed
    assert (where.endswith(";UID=3"), why) == (True, "The mail server does not give this message out.")
    asked = len(script.heard)
    assert box.sync().failed == ()
    assert b"BODY" not in b"".join(script.heard[asked:])


def test_a_refusal_of_one_message_does_not_cost_the_others(box: Box, script: Script) -> None:
    def lie(tag: bytes, arguments: bytes) -> list[bytes]:
        if b"BODY" in arguments and 3 in uids(arguments.split()[0]):
            return [tag + b" NO [SERVERBUG] cannot read it\r\n"]
        return [*script._uid_fetch(arguments), tag + b" OK done\r\n"]

    script.lies["UID FETCH"] = lie
    assert box.sync().new == 4
    assert box.titles() == ["m1", "m2", "m5", "m8"]


def test_a_range_of_vanished_messages_that_spans_all_uids_is_no_work(box: Box, script: Script) -> None:
    script.capabilities += b" ENABLE CONDSTORE QRESYNC"
    marks = iter(range(5, 100))
    honest = script._examine

    def examine(tag: bytes, arguments: bytes) -> list[bytes]:
        return [*honest(arguments), b"* OK [HIGHESTMODSEQ %d]\r\n" % next(marks), tag + b" OK done\r\n"]

    script.lies["EXAMINE"] = examine
    box.sync()
    script.lies["UID FETCH"] = lambda tag, _: [b"* VANISHED (EARLIER) 2:3,4:4294967295\r\n", tag + b" OK done\r\n"]
    with bounded(8 * MIB, 5):
        box.sync()
    assert sorted(box.vault.sources.ledger(box.source).known("INBOX")) == ["1"]


NAMES = [
    b'* LIST () "/" INBOX\r\n',
    b'* LIST () "/" "../../x"\r\n',
    b'* LIST () "/" "/etc/passwd"\r\n',
    b'* LIST () "/" "8-bit \xe9\xff"\r\n',
    b'* LIST () "/" {16}\r\nx\r\na1 DELETE "a"\r\n',
    b'* LIST () "/" "&AA0ACg-line"\r\n',
    b'* LIST () "/" "&broken"\r\n',
    b'* LIST () "/" "&2AA-"\r\n',
    b'* LIST (\\Noselect) "/" "no"\r\n',
    b"* LIST () NIL 2019\r\n",
    b'* LIST () "/" "a \\"quoted\\" name"\r\n',
    b'* LIST () "/" "' + b"x" * 2000 + b'"\r\n',
]


def test_folder_names_are_never_paths_or_commands(box: Box, script: Script, tmp_path: Any) -> None:
    before = {path for path in tmp_path.rglob("*") if not path.name.startswith("vault.db")}
    script.lies["LIST"] = lambda tag, _: [*NAMES, tag + b" OK done\r\n"]
    folders = box.driver().check(box.account)
    assert folders == ("INBOX", "../../x", "/etc/passwd", "2019", 'a "quoted" name')
    box.change(folders=list(folders))
    box.sync()
    asked = [line for line in script.heard if b"EXAMINE" in line]
    assert [line.partition(b"EXAMINE ")[2].strip() for line in asked] == [
        b'"INBOX"',
        b'"../../x"',
        b'"/etc/passwd"',
        b'"2019"',
        b'"a \\"quoted\\" name"',
    ]
    assert {path for path in tmp_path.rglob("*") if not path.name.startswith("vault.db")} == before


def test_a_server_that_falls_silent_is_given_up(box: Box, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_wire, "READ_SECONDS", 1.0)
    script.lies["LIST"] = lambda _tag, _arguments: []
    with bounded(8 * MIB, 4):
        assert box.failure().code == "source-unreachable"


def test_a_server_that_drips_is_given_up(box: Box, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_wire, "_PATIENCE", 1.0)
    monkeypatch.setattr(imap_wire, "SLOWEST", 10**9)

    def drip(_tag: bytes, _arguments: bytes) -> Iterator[bytes]:
        for byte in forever(b"x"):
            time.sleep(0.1)
            yield byte

    script.lies["LIST"] = drip
    with bounded(8 * MIB, 4):
        assert box.failure().code == "source-unreachable"


def test_chatter_without_end_rings_rarely_and_ends_when_told(box: Box, script: Script) -> None:
    def chatter(_tag: bytes, _arguments: bytes) -> Iterator[bytes]:
        yield b"+ idling\r\n"
        yield from forever(b"* 5 EXISTS\r\n* OK still here\r\n* 1 FETCH (FLAGS (\\Seen))\r\n" * 20)

    script.lies["IDLE"] = chatter
    stopped, rings = threading.Event(), []
    threading.Timer(4.0, stopped.set).start()
    with bounded(8 * MIB, 6):
        box.driver().watch(box.account, lambda: rings.append(1), stopped.is_set)
    assert 1 <= len(rings) <= 4


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"* BYE [UNAVAILABLE] down for an hour\r\n", "source-busy"),
        (b"* BYE too many connections\r\n", "source-unreachable"),
        (b"* PREAUTH welcome, whoever you are\r\n", "source-refused"),
        (b"HTTP/1.1 400 Bad Request\r\n", "source-broken"),
        (b"\0\xff\xfe\r\n", "source-broken"),
        (b"", "source-unreachable"),
    ],
)
def test_a_greeting_that_is_none_is_said(box: Box, script: Script, said: bytes, code: str) -> None:
    script.lies["GREETING"] = lambda _tag, _arguments: [said, None][: 1 if b"PREAUTH" in said else 2]
    assert box.failure().code == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [AUTHENTICATIONFAILED] wrong", "source-auth"),
        (b"NO wrong", "source-auth"),
        (b"NO [UNAVAILABLE] try later", "source-busy"),
        (b"NO [LIMIT] too many", "source-busy"),
        (b"NO [PRIVACYREQUIRED] encrypt", "source-tls"),
    ],
)
def test_a_refused_sign_in_says_why(box: Box, script: Script, said: bytes, code: str) -> None:
    script.lies["LOGIN"] = lambda tag, _arguments: [tag + b" " + said + b"\r\n"]
    assert box.failure().code == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [OVERQUOTA] full", "source-full"),
        (b"NO [UNAVAILABLE] later", "source-busy"),
        (b"BAD what", "source-refused"),
        (b"NO no", "source-refused"),
    ],
)
def test_a_refused_command_says_why(box: Box, script: Script, said: bytes, code: str) -> None:
    script.lies["LIST"] = lambda tag, _arguments: [tag + b" " + said + b"\r\n"]
    assert box.failure().code == code


def test_a_refusal_that_repeats_the_password_is_not_repeated(box: Box, script: Script) -> None:
    script.lies["LOGIN"] = lambda tag, _: [tag + b" NO ada with " + PASSWORD.encode() + b" is wrong\r\n"]
    refused = box.failure()
    assert "hunter2" not in f"{refused} {refused!r}"


def test_a_folder_that_is_refused_costs_that_folder_only(box: Box, script: Script) -> None:
    script.lies["LIST"] = lambda tag, _: [b'* LIST () "/" INBOX\r\n* LIST (\\Sent) "/" Sent\r\n', tag + b" OK done\r\n"]
    honest = script._examine

    def examine(tag: bytes, arguments: bytes) -> list[bytes]:
        if b"Sent" in arguments:
            return [tag + b" NO [NOPERM] not yours\r\n"]
        return [*honest(arguments), tag + b" OK done\r\n"]

    script.lies["EXAMINE"] = examine
    synced = box.sync()
    assert synced.new == 5
    assert synced.failed == (("Sent", "The mail server refused: “[NOPERM] not yours”."),)


def test_starttls_is_not_done_without(script: Script, authority: Authority, vault: Any) -> None:
    with Liar(script, authority.issue("plain", "localhost"), tls=False) as liar:
        box = clear_box(liar, authority, vault)
        refused = box.failure()
    assert (refused.code, "offers no encryption" in str(refused)) == ("source-tls", True)
    assert not any(b"LOGIN" in line for line in script.heard)


def test_what_is_slipped_in_before_encryption_is_not_taken_for_what_comes_after(
    script: Script, authority: Authority, vault: Any
) -> None:
    script.capabilities = b"IMAP4rev1 STARTTLS"
    script.lies["STARTTLS"] = lambda tag, _: [tag + b" OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"]
    with Liar(script, authority.issue("plain", "localhost"), tls=False) as liar:
        refused = clear_box(liar, authority, vault).failure()
    assert (refused.code, "before the connection was encrypted" in str(refused)) == ("source-tls", True)


def clear_box(liar: Liar, authority: Authority, vault: Any) -> Box:
    config = {"host": "localhost", "port": liar.port, "security": "starttls", "user": "ada"}
    config["ca_file"] = str(authority.file)
    return Box(Script(), vault, vault.sources.add("imap", "Mail", config, {"password": PASSWORD}))
