"""Who a mail is from, as far as the receiving server's word in its header goes (RFC 8601)."""

from __future__ import annotations

import time
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Claim
from storage.sources import authentication, message, read

GMAIL = b"""Delivered-To: max@gmail.com
Received: by 2002:a05:6a10:c88d:b0:5cf:7a3b:2c10 with SMTP id kx13csp1418325pxb;
        Tue, 3 Mar 2026 05:12:09 -0800 (PST)
X-Received: by 2002:a05:620a:4548:b0:7c5:5d4b:e62b with SMTP id af79cd13be357-7c5;
ARC-Seal: i=1; a=rsa-sha256; t=1772543529; cv=none; d=google.com; s=arc-20240605; b=abc
ARC-Authentication-Results: i=1; mx.google.com;
       dkim=pass header.i=@github.com header.s=pf2023 header.b="m1x3/Yw=";
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=github.com
Return-Path: <noreply@github.com>
Received: from out-23.smtp.github.com (out-23.smtp.github.com. [192.30.252.206])
        by mx.google.com with ESMTPS id af79cd13be357 for <max@gmail.com>;
        Tue, 03 Mar 2026 05:12:09 -0800 (PST)
Received-SPF: pass (google.com: domain of noreply@github.com designates 192.30.252.206 as permitted sender) client-ip=1;
Authentication-Results: mx.google.com;
       dkim=pass header.i=@github.com header.s=pf2023 header.b="m1x3/Yw=";
       spf=pass (google.com: domain of noreply@github.com designates 192.30.252.206 as permitted sender)
        smtp.mailfrom=noreply@github.com;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=github.com
Received: from github.com (hubbernetes-node.example [10.48.14.61]) by smtp.github.com (Postfix)
From: Ada <noreply@github.com>
"""
OUTLOOK = b"""Received: from PAXPR04MB8272.eurprd04.prod.outlook.com (2603:10a6:102:1cd::24)
 by AM0PR04MB4130.eurprd04.prod.outlook.com with HTTPS; Tue, 3 Mar 2026 13:12:11 +0000
Received: from AM4PEPF00025F97.EURPRD83.prod.outlook.com (10.167.16.6)
 by DU7P250CA0025.outlook.office365.com (2603:10a6:10:54f::23) with Microsoft SMTP Server
Authentication-Results: spf=pass (sender IP is 192.30.252.206)
 smtp.mailfrom=github.com; dkim=pass (signature was verified)
 header.d=github.com;dmarc=pass action=none header.from=github.com;compauth=pass reason=100
Received-SPF: Pass (protection.outlook.com: domain of github.com designates 192.30.252.206 as permitted sender)
 receiver=protection.outlook.com; client-ip=192.30.252.206; helo=out-23.smtp.github.com; pr=C
Received: from out-23.smtp.github.com (192.30.252.206) by AM4PEPF00025F97.mail.protection.outlook.com
From: Ada <noreply@github.com>
"""
PROTON = b"""X-Pm-Origin: external
Return-Path: <ada@example.org>
Authentication-Results: mail.protonmail.ch; dkim=pass (Good 2048 bit rsa-sha256 signature) header.d=example.org
 header.a=rsa-sha256
Authentication-Results: mail.protonmail.ch; dmarc=pass (p=quarantine dis=none) header.from=example.org
Authentication-Results: mail.protonmail.ch; spf=pass smtp.mailfrom=example.org
Authentication-Results: mail.protonmail.ch; arc=none smtp.remote-ip=192.0.2.9
Received: from mx.example.org (mx.example.org [192.0.2.9]) by mailin036.protonmail.ch (Postfix) with ESMTPS
From: Ada <ada@example.org>
"""
ICLOUD = b"""Received: from ci74p00im-qukt09090302.me.com by p66-mailgateway-smtp-6d5f with SMTP id 1
Authentication-Results: bimi.icloud.com; bimi=none
Authentication-Results: dmarc.icloud.com; dmarc=pass header.from=example.org
Authentication-Results: dkim-verifier.icloud.com; dkim=pass (2048-bit key) header.d=example.org header.i=@example.org
Authentication-Results: spf.icloud.com; spf=pass (spf.icloud.com) smtp.mailfrom=ada@example.org
Received: from mx.example.org by ci74p00im-qukt09090302.me.com (Postfix) with ESMTPS
From: Ada <ada@example.org>
"""
OVH = b"""Received: from DAG5EX2.mxp6.local (172.16.2.42) by DAG3EX1.mxp6.local (172.16.2.11) with Microsoft SMTP Server
Received: from output26.mail.ovh.net (192.168.12.4) by DAG5EX2.mxp6.local (172.16.2.42)
Received: from vr23.mail.ovh.net (unknown [10.101.8.23]) by vr26.mail.ovh.net (Postfix) with ESMTP
Authentication-Results: vr23.mail.ovh.net; dkim=pass (2048-bit key; unprotected) header.d=example.org
 header.i=@example.org header.b="Qm8x"; dkim-atps=neutral
Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.9; helo=mx.example.org;
 envelope-from=ada@example.org; receiver=max@example.net
Received: from mx.example.org (mx.example.org [192.0.2.9]) by vr23.mail.ovh.net (Postfix) with ESMTPS
From: Ada <ada@example.org>
"""
FREE = b"""Return-Path: <ada@example.org>
Delivered-To: max@free.fr
Received: from zimbra-e1-05.priv.proxad.net (LHLO zimbra-e1-05.priv.proxad.net) by zimbra with LMTP
Received: from mx22-g26.priv.proxad.net (mx22-g26.priv.proxad.net [172.20.243.92])
 by zimbra-e1-05.priv.proxad.net (Postfix) with ESMTP id 1
Authentication-Results: mx22-g26.free.fr; dkim=pass header.d=example.org header.i=@example.org; spf=pass
 smtp.mailfrom=ada@example.org; dmarc=pass (policy=none) header.from=example.org
Received: from mx.example.org ([192.0.2.9]) by mx1-g20.free.fr (MXproxy) for max@free.fr
From: Ada <ada@example.org>
"""
ORANGE = b"""Return-Path: <ada@example.org>
Received: from mwinf5c08 (mwinf5c08.me-wanadoo.net [10.223.111.58]) by mwinb2a21 with LMTPA; Tue, 3 Mar 2026
Received: from mx.example.org ([192.0.2.9]) by mwinf5c08 with ME id 1
Authentication-Results: smtp.orange.fr; spf=pass smtp.mailfrom=ada@example.org; dkim=pass (2048-bit key)
 header.d=example.org; dmarc=pass (p=none) header.from=example.org
From: Ada <ada@example.org>
"""
LIST = b"""Received: from lists.example.net (lists.example.net [192.0.2.77]) by mx.google.com with ESMTPS id 1
Authentication-Results: mx.google.com; dkim=fail header.i=@bank.example header.s=a; arc=pass (i=2);
 spf=pass (google.com: domain of talk-bounces@lists.example.net) smtp.mailfrom=talk-bounces@lists.example.net;
 dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=bank.example
Received: from mx.bank.example by lists.example.net (Postfix) with ESMTPS
From: Ada <ada@bank.example>
List-Id: <talk.lists.example.net>
"""
REWRITTEN = b"""Received: from lists.example.net (lists.example.net [192.0.2.77]) by mx.google.com with ESMTPS id 1
Authentication-Results: mx.google.com; dkim=pass header.i=@lists.example.net header.s=a;
 spf=pass smtp.mailfrom=talk-bounces@lists.example.net; dmarc=pass (p=NONE) header.from=lists.example.net
Received: from mx.bank.example by lists.example.net (Postfix) with ESMTPS
From: Ada via Talk <talk@lists.example.net>
Reply-To: Ada <ada@bank.example>
"""


def own(results: str, sender: str = "From: Ada <ada@example.org>", above: str = "", below: str = "") -> bytes:
    """A mail that mx.example.net received and looked at."""
    hop = "Received: from somewhere ([192.0.2.9]) by mx.example.net with ESMTPS\n"
    return f"{hop}{above}Authentication-Results: mx.example.net; {results}\n{below}{sender}\n\nHello\n".encode()


@pytest.mark.parametrize(
    ("raw", "server"),
    [
        (GMAIL, "google.com"),
        (OUTLOOK, "outlook.com"),
        (PROTON, "protonmail.ch"),
        (ICLOUD, "icloud.com"),
        (OVH, "ovh.net"),
        (FREE, "proxad.net"),
        (ORANGE, "orange.fr"),
        (REWRITTEN, "google.com"),
    ],
    ids=["gmail", "outlook", "proton", "icloud", "ovh", "free", "orange", "list-that-rewrites"],
)
def test_a_sender_that_the_server_confirmed_has_passed(raw: bytes, server: str) -> None:
    assert authentication.claim(raw + b"\nHello\n") == Claim("passed", server, received=True)


def test_a_list_that_keeps_the_author_s_address_cannot_speak_for_them() -> None:
    assert authentication.claim(LIST).verdict == "failed"


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ("dmarc=fail (p=REJECT) header.from=example.org; dkim=pass header.d=example.org", "failed"),
        ("dmarc=pass header.from=example.org; dmarc=fail header.from=example.org", "failed"),
        ("dmarc=pass header.from=evil.example", "none"),
        ("dmarc=pass", "none"),
        ("dmarc=none header.from=example.org; dkim=pass header.d=example.org", "passed"),
        ("dmarc=temperror; spf=pass smtp.mailfrom=ada@example.org", "passed"),
        ("dkim=pass header.d=evil.example", "none"),
        ("dkim=pass header.d=org", "none"),
        ("dkim=pass header.d=bad.example.org", "none"),
        ("dkim=pass header.d=evil.example header.i=@example.org", "none"),
        ("dkim=pass header.i=@example.org", "passed"),
        ("spf=pass smtp.helo=example.org", "none"),
        ("spf=pass smtp.mailfrom=notexample.org", "none"),
        ("spf=softfail smtp.mailfrom=ada@example.org; dkim=none", "failed"),
        ("spf=fail smtp.mailfrom=ada@example.org; dkim=pass header.d=evil.example", "none"),
        ("spf=neutral smtp.mailfrom=ada@example.org", "none"),
        ("spf=pass (the comment says; dmarc=pass header.from=example.org) smtp.mailfrom=evil.example", "none"),
        ("iprev=pass policy.iprev=192.0.2.9; auth=pass smtp.auth=ada", "none"),
        ("none", "none"),
    ],
)
def test_dmarc_decides_and_otherwise_what_fits_the_author(results: str, verdict: str) -> None:
    assert authentication.claim(own(results)).verdict == verdict


def test_a_domain_that_ends_alike_does_not_speak_for_the_author() -> None:
    raw = own("dkim=pass header.d=example.org; spf=pass smtp.mailfrom=example.org", "From: ada@badexample.org")
    assert authentication.claim(raw).verdict == "none"


def test_a_domain_above_the_author_s_speaks_for_it() -> None:
    raw = own("dkim=pass header.d=example.org", "From: ada@news.example.org")
    assert authentication.claim(raw).verdict == "passed"


@pytest.mark.parametrize(
    "sender",
    [
        "From: Ada <ada@example.org>, Eve <eve@evil.example>",
        "From: ada@example.org\nFrom: eve@evil.example",
        "Sender: ada@example.org",
        "From: undisclosed",
        'From: "ada@example.org" <eve@evil.example>',
        "From: ada@example.org@evil.example",
    ],
    ids=["two", "two fields", "none", "no address", "address as a name", "two at signs"],
)
def test_nobody_vouches_for_an_author_who_is_not_one_address(sender: str) -> None:
    assert authentication.claim(own("dmarc=pass header.from=example.org", sender)).verdict == "none"


def test_what_the_sender_wrote_below_the_server_s_results_does_not_count() -> None:
    forged = "Authentication-Results: mx.bank.example; dmarc=pass header.from=example.org\n"
    assert authentication.claim(own("spf=none", below=forged)) == Claim("none", "example.net", True)


def test_what_stands_below_another_s_hop_does_not_count() -> None:
    hop = "Received: from evil.example by mx.evil.example with ESMTP\n"
    assert authentication.claim(own("dmarc=pass header.from=example.org", above=hop)) == Claim("none", "", True)


def test_results_of_another_on_top_are_theirs() -> None:
    above = "Authentication-Results: evil.example; dmarc=fail header.from=example.org\n"
    read_ = authentication.claim(own("dmarc=pass header.from=example.org", above=above))
    assert read_.server != "example.net"


def test_a_nameless_result_counts_only_below_a_hop_of_microsoft_s() -> None:
    raw = OUTLOOK.replace(b"DU7P250CA0025.outlook.office365.com", b"mx.example.net").replace(
        b"AM0PR04MB4130.eurprd04.prod.outlook.com", b"mx.example.net"
    )
    assert authentication.claim(raw).server != "outlook.com"


def test_a_sealed_result_stands_in_where_there_is_no_other() -> None:
    plain = GMAIL.replace(b"\nAuthentication-Results:", b"\nX-Was:")
    assert authentication.claim(plain) == Claim("passed", "google.com", True)
    assert authentication.claim(plain.replace(b"d=google.com;", b"d=evil.example;")).verdict == "none"


def test_an_spf_field_that_names_its_receiver_stands_in_where_there_is_no_other() -> None:
    spf = 'Received-SPF: pass (ok) client-ip=1; envelope-from="ada@example.org"; receiver=mx.example.net\n'
    raw = f"Received: from a by mx.example.net\n{spf}From: ada@example.org\n\n".encode()
    assert authentication.claim(raw) == Claim("passed", "example.net", True)
    assert authentication.claim(raw.replace(b"pass", b"fail")).verdict == "failed"


@pytest.mark.parametrize(
    "value",
    [
        "(" * 5000,
        "spf=pass (" + "(" * 500 + ")" * 500 + ")",
        "dkim=pass;" * 20_000,
        '"' + "\\" * 5000,
        "dmarc=pass header.from=" + "a." * 40_000,
        "\x00\xff",
        "",
        "dmarc",
        "1 ; dmarc=pass header.from=example.org",
    ],
)
def test_a_malformed_or_huge_field_is_no_result(value: str) -> None:
    begun = time.process_time()
    raw = b"Received: from a by mx.example.net\nAuthentication-Results: mx.example.net; "
    assert authentication.claim(raw + value.encode("latin-1") + b"\nFrom: ada@example.org\n\n").verdict == "none"
    assert time.process_time() - begun < 2.0


def test_many_fields_are_bounded() -> None:
    field = b"Authentication-Results: mx.example.net; " + b"x=pass a.b=c;" * 400 + b" spf=none\n"
    begun = time.process_time()
    authentication.claim(b"Received: from a by mx.example.net\n" + field * 800 + b"From: ada@example.org\n\n")
    assert time.process_time() - begun < 3.0


@given(st.text(max_size=400), st.text(alphabet='abc=;.()"\\ dmarcpasheofr@<>,', max_size=300))
def test_no_text_raises(value: str, author: str) -> None:
    head = f"Authentication-Results: mx.example.net; {value}\nFrom: {author}\n\n"
    assert authentication.claim(head.encode("utf-8", "replace")).verdict in ("passed", "failed", "none")


def test_an_imported_mail_carries_the_claim() -> None:
    assert message.parse(GMAIL + b"\nHello\n", "here").claim == Claim("passed", "google.com", True)


def test_real_mail_without_results_claims_nothing(tmp_path: Path) -> None:
    """RFC 5322 example A.1.1, and the same as another parser writes it."""
    plain = Message()
    plain["From"], plain["To"] = "John Doe <jdoe@machine.example>", "Mary Smith <mary@example.net>"
    plain.set_payload("This is a message just to say hello.")
    (tmp_path / "a.eml").write_bytes(plain.as_bytes())
    assert [getattr(one, "claim", None) for one in read(tmp_path / "a.eml")] == [Claim("none", "", False)]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx.google.com", "google.com"),
        ("mail.example.co.uk", "example.co.uk"),
        ("MX.Example.ORG.", "example.org"),
        ("localhost", "localhost"),
        ("com.fr", "com.fr"),
        ("mail.impots.gouv.fr", "impots.gouv.fr"),
    ],
)
def test_an_organisation_is_the_domain_its_servers_share(host: str, name: str) -> None:
    assert authentication.organisation(host) == name
