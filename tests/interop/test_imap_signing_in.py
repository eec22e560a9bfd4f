"""Signing in to a real Dovecot: encryption, certificates, passwords, tokens, and what is said when it fails."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from storage.sync import SyncFailed
from storage.vault import Vault
from tests.interop.imap_fixtures import Mail, box_fixture, serve, server_fixture, users_fixture, vault_fixture
from tests.servers.certificates import Authority
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.processes import free_port
from tests.servers.tokens import TokenService

__all__ = ["box_fixture", "server_fixture", "users_fixture", "vault_fixture"]


def change(box: Mail, secrets: dict[str, str] | None = None, **config: Any) -> None:
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, **config}, secrets)


def failure(box: Mail) -> SyncFailed:
    with pytest.raises(SyncFailed) as caught:
        box.sync()
    return caught.value


def test_a_wrong_password_is_said_without_showing_it(box: Mail, caplog: pytest.LogCaptureFixture) -> None:
    change(box, {"password": "hunter2 is wrong"})
    with caplog.at_level(logging.DEBUG):
        refused = failure(box)
    assert refused.code == "source-auth"
    assert "does not accept this user name and password" in str(refused)
    assert "hunter2" not in f"{refused} {refused!r} {refused.__cause__!r} {refused.__context__!r} {caplog.text}"


def test_the_right_password_is_in_no_log(box: Mail, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        box.sync()
    assert PASSWORD not in caplog.text
    assert "a pass word" not in caplog.text


def test_without_a_password_nothing_is_sent(box: Mail) -> None:
    change(box, {"password": ""})
    assert failure(box).code == "source-auth"


def test_starttls_encrypts_before_the_password_is_sent(box: Mail) -> None:
    box.append("one")
    change(box, port=box.server.plain_port, security="starttls")
    assert box.sync().new == 1
    assert "method=PLAIN" in box.server.log.read_text()
    last = [line for line in box.server.log.read_text().splitlines() if f"user=<{box.user}>, method" in line][-1]
    assert last.rstrip().split(", session")[0].endswith("TLS")


def test_tls_on_a_port_that_does_not_speak_it_is_said(box: Mail) -> None:
    change(box, port=box.server.plain_port)
    refused = failure(box)
    assert refused.code == "source-tls"
    assert "does this port speak TLS?" in str(refused)


def test_without_encryption_only_this_computer_is_spoken_to(box: Mail) -> None:
    box.append("one")
    change(box, port=box.server.plain_port, security="none", host="127.0.0.1")
    assert box.sync().new == 1
    change(box, host="mail.example.org")
    with pytest.raises(ValueError, match="on this very computer"):
        box.driver().check(box.account)
    assert failure(box).code == "source-broken"


def test_a_certificate_of_somebody_nobody_knows_is_refused(box: Mail) -> None:
    change(box, ca_file="")
    refused = failure(box)
    assert refused.code == "source-tls"
    assert "was not issued by anybody this computer trusts" in str(refused)


def test_a_certificate_for_another_name_is_refused(vault: Vault) -> None:
    for server in serve(hosts=("mail.example.net",)):
        refused = failure(Mail(server, "user0@example.org", vault, server.port))
        assert (refused.code, "is not for localhost" in str(refused)) == ("source-tls", True)


def test_a_certificate_that_has_expired_is_refused(vault: Vault) -> None:
    for server in serve(valid=timedelta(days=-1)):
        refused = failure(Mail(server, "user0@example.org", vault, server.port))
        assert (refused.code, "has expired" in str(refused)) == ("source-tls", True)


def test_another_authority_of_the_same_name_is_refused(box: Mail, tmp_path: Any) -> None:
    change(box, ca_file=str(Authority(tmp_path).file))
    assert failure(box).code == "source-tls"


def test_a_file_of_certificates_that_is_none_is_said(box: Mail, tmp_path: Any) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    change(box, ca_file=str(tmp_path / "none.pem"))
    refused = failure(box)
    assert (refused.code, "cannot be read" in str(refused)) == ("source-tls", True)


def test_a_server_that_is_not_there_is_said(box: Mail) -> None:
    change(box, port=free_port())
    refused = failure(box)
    assert (refused.code, "does not answer on port" in str(refused)) == ("source-unreachable", True)


def test_a_name_that_is_not_found_is_said(box: Mail) -> None:
    change(box, host="mail.invalid")
    refused = failure(box)
    assert (refused.code, "mail.invalid could not be found" in str(refused)) == ("source-unreachable", True)


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenService]:
    with TokenService() as service:
        yield service


@pytest.fixture(scope="module", params=["AUTH=OAUTHBEARER", "AUTH=XOAUTH2"])
def bearer(request: pytest.FixtureRequest, tokens: TokenService) -> Iterator[Dovecot]:
    mechanism = request.param.removeprefix("AUTH=").lower()
    yield from serve(tokens=f"{tokens.address}/", extra=f"auth_mechanisms = {mechanism}\n")


def held(tokens: TokenService, token: str, expires: float) -> dict[str, str]:
    fields = {"access_token": token, "refresh_token": "refresh-1", "client_id": "nuee", "expires": expires}
    return {"oauth2": json.dumps({**fields, "token_url": f"{tokens.address}/token"})}


def test_a_token_signs_in(bearer: Dovecot, tokens: TokenService, vault: Vault) -> None:
    box = Mail(bearer, "user1@example.org", vault, bearer.port)
    tokens.good = {"token-1": box.user}
    change(box, held(tokens, "token-1", time.time() + 3600), auth="oauth2")
    tokens.asked.clear()
    assert box.sync().failed == ()
    assert tokens.asked == []


def test_a_token_that_ran_out_is_renewed_and_kept(bearer: Dovecot, tokens: TokenService, vault: Vault) -> None:
    box = Mail(bearer, "user2@example.org", vault, bearer.port)
    tokens.good = {"token-2": box.user}
    tokens.answer = (200, {"access_token": "token-2", "expires_in": 3600, "refresh_token": "refresh-2"})
    change(box, held(tokens, "token-1", time.time() - 10), auth="oauth2")
    tokens.asked.clear()
    box.sync()
    assert tokens.asked == [{"grant_type": ["refresh_token"], "refresh_token": ["refresh-1"], "client_id": ["nuee"]}]
    kept = json.loads(box.account.secret("oauth2") or "")
    assert (kept["access_token"], kept["refresh_token"]) == ("token-2", "refresh-2")
    assert kept["expires"] > time.time() + 3000


def test_a_token_that_is_refused_early_is_renewed_once(bearer: Dovecot, tokens: TokenService, vault: Vault) -> None:
    box = Mail(bearer, "user3@example.org", vault, bearer.port)
    tokens.good = {"token-2": box.user}
    tokens.answer = (200, {"access_token": "token-2", "expires_in": 3600})
    change(box, held(tokens, "revoked", time.time() + 3600), auth="oauth2")
    assert box.sync().failed == ()


def test_a_token_that_cannot_be_renewed_asks_to_sign_in(bearer: Dovecot, tokens: TokenService, vault: Vault) -> None:
    box = Mail(bearer, "user4@example.org", vault, bearer.port)
    tokens.good, tokens.answer = {}, (400, {"error": "invalid_grant", "refresh-1": "refresh-1"})
    change(box, held(tokens, "revoked-token", time.time() + 3600), auth="oauth2")
    refused = failure(box)
    assert refused.code == "source-auth"
    assert "sign in to it again" in str(refused)
    assert "revoked-token" not in f"{refused!r}{refused.__context__!r}"
