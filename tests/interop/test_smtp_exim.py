"""A message handed to a real Exim arrives once and whole, or it is known that it did not."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from storage.sources.smtp import SendFailed, send
from tests.servers import smtpd
from tests.servers.processes import free_port
from tests.servers.proxy import Proxy
from tests.servers.smtpd import PASSWORD, USER, Exim
from tests.servers.tokens import TokenService

TO = "max@example.org"
MESSAGE = b"From: ada@example.org\nTo: max@example.org\nSubject: Lunch\nMessage-ID: <lunch@example.org>\n\nAt noon?\n"


@pytest.fixture(scope="module", name="exim")
def exim_fixture() -> Iterator[Exim]:
    if reason := smtpd.missing():
        pytest.skip(reason)
    with Exim() as server:
        yield server


def config(exim: Exim, **changes: Any) -> dict[str, Any]:
    base = {"host": "localhost", "port": exim.port, "user": USER, "ca_file": str(exim.authority.file)}
    return {**base, **changes}


def secret(name: str) -> str | None:
    return PASSWORD if name == "password" else None


def arrived(exim: Exim, who: str, what: bytes = b"") -> bytes:
    until = time.monotonic() + 10
    while what not in exim.delivered(who) or not exim.delivered(who):
        assert time.monotonic() < until, exim.log()
        time.sleep(0.05)
    return exim.delivered(who)


def failure(*arguments: Any, **named: Any) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        send(*arguments, **named)
    return caught.value


def test_a_message_arrives_as_it_was_written(exim: Exim) -> None:
    body = "Dots:\n.\n..\n.hidden\nFrom here on, été.\n".encode()
    send(config(exim), secret, MESSAGE.replace(b"At noon?\n", body), USER, ["one@example.org"])
    got = arrived(exim, "one", b"hidden")
    assert b"Message-ID: <lunch@example.org>" in got
    assert got.partition(b"\n\n")[2].replace(b">From", b"From").rstrip() == body.rstrip()


def test_starttls_encrypts_before_the_password_is_sent(exim: Exim) -> None:
    send(config(exim, port=exim.plain_port, security="starttls"), secret, MESSAGE, USER, ["two@example.org"])
    assert b"with esmtpsa" in arrived(exim, "two", b"Lunch")


def test_several_recipients_get_it(exim: Exim) -> None:
    send(config(exim), secret, MESSAGE, USER, ["three@example.org", "four@example.org"])
    assert arrived(exim, "three")
    assert arrived(exim, "four")


def test_a_line_that_looks_like_the_end_cannot_smuggle_a_second_message(exim: Exim) -> None:
    evil = b"\n.\nMAIL FROM:<x@example.org>\n\r.\r\nRCPT TO:<smuggled@example.org>\n\n.\r\n"
    send(config(exim), secret, MESSAGE + evil + b"end", USER, ["five@example.org"])
    assert b"RCPT TO" in arrived(exim, "five", b"end")
    assert exim.delivered("smuggled") == b""


def test_a_refused_recipient_is_named_and_nobody_gets_it(exim: Exim) -> None:
    refused = failure(config(exim), secret, MESSAGE, USER, ["six@example.org", "nobody@example.org"])
    assert (refused.code, refused.recipients) == ("send-recipients", ("nobody@example.org",))
    assert "nobody@example.org: “nobody lives here”" in str(refused)
    time.sleep(0.5)
    assert exim.delivered("six") == b""


def test_a_recipient_for_later_is_no_refusal(exim: Exim) -> None:
    assert failure(config(exim), secret, MESSAGE, USER, ["later@example.org"]).code == "send-busy"


def test_a_wrong_password_is_said_without_showing_it(exim: Exim) -> None:
    refused = failure(config(exim), lambda _: "hunter2", MESSAGE, USER, [TO])
    assert refused.code == "send-auth"
    assert "hunter2" not in f"{refused!r}{refused.__context__!r}"


def test_a_message_that_is_too_large_is_not_sent(exim: Exim) -> None:
    refused = failure(config(exim), secret, MESSAGE + b"x" * 100_000, USER, [TO])
    assert (refused.code, "100,000 bytes" in str(refused)) == ("send-too-large", True)


def test_a_message_that_is_refused_is_not_sent(exim: Exim) -> None:
    refused = failure(config(exim), secret, MESSAGE.replace(b"Lunch", b"SPAM"), USER, [TO])
    assert (refused.code, "smells of spam" in str(refused)) == ("send-refused", True)


def test_a_token_signs_in_and_is_renewed_where_it_is_refused(exim: Exim) -> None:
    kept: dict[str, str] = {}
    with TokenService() as service:
        service.answer = (200, {"access_token": exim.token, "expires_in": 60})
        held = {"access_token": "revoked", "refresh_token": "r", "token_url": f"{service.address}/token"}
        kept["oauth2"] = json.dumps(held)
        send(config(exim, auth="oauth2"), kept.get, MESSAGE, USER, ["seven@example.org"], set_secret=kept.__setitem__)
    assert arrived(exim, "seven")
    assert json.loads(kept["oauth2"])["access_token"] == exim.token


def test_a_certificate_nobody_knows_is_refused(exim: Exim) -> None:
    assert failure(config(exim, ca_file=""), secret, MESSAGE, USER, [TO]).code == "send-tls"


def test_a_server_that_is_not_there_is_said(exim: Exim) -> None:
    assert failure(config(exim, port=free_port()), secret, MESSAGE, USER, [TO]).code == "send-unreachable"


def test_without_encryption_nothing_leaves_this_computer(exim: Exim) -> None:
    with pytest.raises(ValueError, match="on this very computer"):
        send(config(exim, security="none", host="mail.example.org"), secret, MESSAGE, USER, [TO])


@pytest.mark.parametrize("address", ["x@example.org>\r\nRCPT TO:<y@example.org", "a b@example.org", "x", ""])
def test_an_address_that_is_none_is_not_sent_to(exim: Exim, address: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        send(config(exim), secret, MESSAGE, USER, [address])


def test_a_line_that_is_cut_before_the_end_sent_nothing(exim: Exim) -> None:
    """The handshake alone is longer than what may pass."""
    with Proxy(exim.port, cut_after=800) as cut:
        assert failure(config(exim, port=cut.port), secret, MESSAGE, USER, [TO]).code == "send-unreachable"


def scripted(answers: list[bytes | None]) -> tuple[int, Callable[[], bytes]]:
    """A server in the clear that says its answers in turn; None: it hangs up.  Its port, and what it heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard = bytearray()

    def talk() -> None:
        with suppress(ConnectionError), listener, listener.accept()[0] as stream:
            for answer in answers:
                if answer is None:
                    return
                stream.sendall(answer)
                end = b"\r\n.\r\n" if answer.startswith(b"354") else b"\r\n"
                said = b""
                while not said.endswith(end):
                    if not (data := stream.recv(4096)):
                        return
                    said += data
                heard.extend(said)

    threading.Thread(target=talk, daemon=True).start()
    return int(listener.getsockname()[1]), lambda: bytes(heard)


GREETING = [b"220 ready\r\n", b"250-here\r\n250 AUTH PLAIN\r\n", b"235 in\r\n", b"250 ok\r\n", b"250 ok\r\n"]


@pytest.mark.parametrize("last", [None, b"gibberish\r\n"])
def test_a_connection_lost_after_the_final_dot_may_have_sent_it(last: bytes | None) -> None:
    port, heard = scripted([*GREETING, b"354 go on\r\n", last])
    plain = {"host": "127.0.0.1", "port": port, "security": "none", "user": USER}
    assert failure(plain, secret, MESSAGE, USER, [TO]).code == "send-perhaps"
    assert heard().endswith(b"\r\n.\r\n")


def test_every_line_ends_as_lines_end_and_one_alone_is_the_end() -> None:
    """Servers disagree about a bare CR or LF, which is how a second message is smuggled in."""
    port, heard = scripted([*GREETING, b"354 go on\r\n", b"250 taken\r\n", b"221 bye\r\n"])
    plain = {"host": "127.0.0.1", "port": port, "security": "none", "user": USER}
    send(plain, secret, MESSAGE + b"a\n.\nb\r.\rc\n.\r\nd\r\n.\ne", USER, [TO])
    said = heard().partition(b"From: ada")[2]
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", said) is None
    assert said.count(b"\r\n.\r\n") == 1


@pytest.mark.parametrize("count", range(1, 6))
def test_a_connection_lost_before_the_message_sent_nothing(count: int) -> None:
    port, _ = scripted([*GREETING[:count], None])
    plain = {"host": "127.0.0.1", "port": port, "security": "none", "user": USER}
    assert failure(plain, secret, MESSAGE, USER, [TO]).code == "send-unreachable"


def test_an_answer_without_end_is_cut_off() -> None:
    port, _ = scripted([b"220-more\r\n" * 5000])
    plain = {"host": "127.0.0.1", "port": port, "security": "none", "user": USER}
    assert failure(plain, secret, MESSAGE, USER, [TO]).code == "send-unreachable"


def test_starttls_is_not_done_without() -> None:
    port, heard = scripted([b"220 ready\r\n", b"250-here\r\n250 AUTH PLAIN\r\n", None])
    plain = {"host": "localhost", "port": port, "security": "starttls", "user": USER}
    assert failure(plain, secret, MESSAGE, USER, [TO]).code == "send-tls"
    assert b"AUTH" not in heard()
