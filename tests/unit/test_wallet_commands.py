"""The wallet as its commands show and change it: a real node, its key-holder, and the rehearsal chain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.actions import wallet as actions
from app.actions import wallet_policy as policy
from app.chain import wallet_looking as looking
from app.chain.port import Call
from app.errors import sentence
from app.results import CommandFailed
from app.wallet_results import WalletAsks
from app.workers import WorkerFailed
from p2p.chain import ChainError
from p2p.identity import new_host_key, peer_id
from p2p.wallet_requests import ApprovalNeeded, WalletRefused
from storage.agents import Registry
from storage.chains import ChainRow
from storage.vault import VaultError
from tests.unit.chains_fixtures import PASSPHRASE, profile
from tests.unit.wallet_node_fixtures import STRANGER, TOKEN, approve, asked, copy_of, make, transfer, within

OTHER = "0x" + "88" * 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made") / "home")


async def test_without_a_chain_the_wallet_has_an_address_and_says_what_is_missing(tmp_path: Path) -> None:
    with within():
        async with profile(tmp_path / "home") as node:
            shown = await actions.wallet(node)
            assert (shown.chain, shown.balances, shown.problem) == ("", (), "")
            assert shown.address.startswith("0x")
            with pytest.raises(CommandFailed) as refused:
                await policy.set_limits(node, {"task": "1"})
            assert refused.value.key == "chain-none"


async def test_it_shows_what_the_account_has_and_may_spend(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            shown = await actions.wallet(node)
            token, coin = shown.balances
            assert (token.amount, token.shown) == ("10000", "10\u202f000\u00a0" + token.symbol)
            assert coin.amount == "100"
            (limits,) = shown.limits
            assert (limits.task.amount, limits.ask_above.amount, limits.spent.amount) == ("1000", "100", "0")
            assert (shown.real, shown.on, shown.problem) == (False, True, "")
            assert "worth nothing" in shown.worth


async def test_what_was_paid_stands_in_the_history_in_words(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            digest = await asked(node, transfer(25 * TOKEN // 10))
            await actions.decide_wallet_ask(node, digest, agreed=True)
            await node.chains.call("t/pay", transfer(25 * TOKEN // 10))
            (row, *_) = await actions.wallet_history(node)
            assert row.text.startswith("Send 2.5\u00a0")
            assert "0x9999…9999" in row.text
            assert (row.state, row.state_text) == ("final", "done")
            assert STRANGER in dict(row.rows)["To"]
            shown = await actions.wallet(node)
            assert shown.limits[0].spent.amount == "2.5"
            assert shown.fees_spent is not None
            assert shown.fees_spent.amount != "0"


async def test_the_history_is_told_where_no_chain_answers(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the vault alone: the chain is not opened again."""
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            kernel = (await node.chains.connected()).contracts["kernel"]
            await node.chains.call("t/approve", approve(kernel, TOKEN))
            await actions.wallet_history(node)  # it learns what the token is called
        async with copy_of(made, tmp_path / "home") as node:
            monkeypatch.setattr(node.chains, "connected", _never)
            (row,) = await actions.wallet_history(node)
            assert "the escrow" in row.text
            assert " 1\u00a0" in row.text


async def _never() -> None:
    raise AssertionError("the chain was asked")


async def test_what_waits_is_shown_with_every_value_and_told_to_the_window(made: Path, tmp_path: Path) -> None:
    heard: list[object] = []
    with within():
        async with copy_of(made, tmp_path / "home", heard.append) as node:
            digest = await asked(node, replace(transfer(TOKEN), task="task-1"))
            (row,) = await actions.wallet_pending(node)
            assert (row.digest, row.state, row.real, row.task) == (digest, "waiting", False, "task-1")
            assert STRANGER in " ".join(value for _label, value in row.rows)
            assert WalletAsks(digest, 1, "task-1") in heard
            assert (await actions.wallet(node)).waiting == 1


async def test_what_is_agreed_to_happens_once(made: Path, tmp_path: Path) -> None:
    heard: list[object] = []
    with within():
        async with copy_of(made, tmp_path / "home", heard.append) as node:
            digest = await asked(node, transfer(TOKEN))
            await actions.decide_wallet_ask(node, digest[:12], agreed=True)
            assert WalletAsks(digest, 0) in heard
            await node.chains.call("t/pay", transfer(TOKEN))
            with pytest.raises(ApprovalNeeded) as again:
                await node.chains.call("t/pay-again", transfer(TOKEN))
            assert again.value.digest != digest
            with pytest.raises(VaultError) as used:
                await actions.decide_wallet_ask(node, digest, agreed=True)
            assert used.value.code == "wallet-ask-used"


async def test_what_is_declined_is_not_signed_and_not_asked_again(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            digest = await asked(node, transfer(TOKEN))
            await actions.decide_wallet_ask(node, digest, agreed=False)
            with pytest.raises(WalletRefused) as refused:
                await node.chains.call("t/pay", transfer(TOKEN))
            assert refused.value.code == "wallet-declined"
            assert "no" in sentence(refused.value, "en")
            assert await actions.wallet_pending(node) == ()


async def test_a_limit_counts_from_when_it_is_set(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            shown = await policy.set_limits(node, {"task": "1,5", "ask_above": "0.5", "fees": "0.25"})
            assert (shown.limits[0].task.amount, shown.limits[0].ask_above.amount) == ("1.5", "0.5")
            assert shown.limits[0].day.amount == "10000"  # as it was
            assert shown.fees is not None
            assert shown.fees.amount == "0.25"
            kernel = (await node.chains.connected()).contracts["kernel"]
            with pytest.raises(WalletRefused) as refused:
                await node.chains.call("t/approve", approve(kernel, 2 * TOKEN))
            assert refused.value.code == "wallet-limit-task"
            assert "; 1.5\u00a0NREH is left" in sentence(refused.value, "en")


@pytest.mark.parametrize(
    ("limits", "code"),
    [({}, "wallet-limit-what"), ({"task": "much"}, "amount"), ({"task": "0.0000001"}, "amount-decimals")],
)
async def test_what_is_no_limit_changes_nothing(made: Path, tmp_path: Path, limits: dict[str, str], code: str) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            before = (await actions.wallet(node)).limits
            with pytest.raises(CommandFailed) as refused:
                await policy.set_limits(node, limits)
            assert refused.value.key == code
            assert (await actions.wallet(node)).limits == before


async def test_a_network_that_is_off_gets_no_signature(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            assert not (await policy.turn_network(node, "rehearsal", on=False)).on
            kernel = (await node.chains.connected()).contracts["kernel"]
            with pytest.raises(WalletRefused) as refused:
                await node.chains.call("t/approve", approve(kernel, TOKEN))
            assert refused.value.code == "wallet-network-off"


async def test_a_network_with_real_money_takes_the_passphrase(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            for name in ("base", "Base", "8453"):
                with pytest.raises(WorkerFailed) as refused:
                    await policy.turn_network(node, name, on=True)
                assert refused.value.code == "wallet-secret"
            with pytest.raises(WorkerFailed) as wrong:
                await policy.turn_network(node, "base", on=True, secret="not it")
            assert wrong.value.code == "wrong-secret"
            await policy.turn_network(node, "base", on=True, secret=PASSPHRASE)
            assert (await looking.policy(node)).network(8453).on


async def test_a_network_that_nobody_knows_is_not_turned_on(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            with pytest.raises(CommandFailed) as refused:
                await policy.turn_network(node, "the moon", on=True)
            assert refused.value.key == "wallet-network"


async def test_a_payment_is_seen_by_whoever_looks_at_the_address(made: Path, tmp_path: Path) -> None:
    """Watch-only: nobody here has the key of that address."""
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            digest = await asked(node, transfer(3 * TOKEN))
            await actions.decide_wallet_ask(node, digest, agreed=True)
            await node.chains.call("t/pay", transfer(3 * TOKEN))
            watched = await actions.watch_address(node, STRANGER.upper().replace("X", "x"), "Savings")
            assert [money.amount for money in watched.balances] == ["3", "0"]
            seen = await actions.movements(node, "savings")
            (came,) = seen.movements
            assert (came.way, came.money.amount, came.other_text) == ("in", "3", "your account")
            (went, *_) = (await actions.movements(node)).movements
            assert (went.way, went.other_text, went.hash) == ("out", "Savings", came.hash)


async def test_watched_addresses_are_listed_and_let_go(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            await actions.watch_address(node, STRANGER, "Savings")
            assert [(row.address, row.name) for row in await actions.watching(node)] == [(STRANGER, "Savings")]
            await actions.unwatch_address(node, "Savings")
            assert await actions.watching(node) == ()


async def test_a_chain_that_does_not_answer_leaves_the_rest_of_the_wallet_readable(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            vault = node.vault.vault
            row = ChainRow("away", "rpc", 31337, "0x" + "11" * 32, ("http://127.0.0.1:9",), {"token": STRANGER})
            await node.blocking(vault.chains.add, row)
            await node.blocking(vault.chains.use, "away")
            await node.chains.reopen()
            shown = await actions.wallet(node)
            assert shown.balances == ()
            assert shown.problem == sentence(ChainError("chain-unreachable", ""), node.language)
            assert shown.limits[0].token == STRANGER


async def test_a_rate_is_the_persons_own_and_of_real_money_alone(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            shown = await policy.set_rate(node, "EUR", "0,98")
            assert "0.98\u00a0EUR" in shown.rate
            assert [money.worth for money in shown.balances] == ["", ""]
            sight = await looking.sight(node, ChainRow("base", "rpc", 8453, "0x1", (), {"token": STRANGER}))
            known = replace(sight, names=replace(sight.names, tokens={STRANGER: ("USDC", 6)}))
            assert known.money(50 * TOKEN, STRANGER).worth == "49\u00a0EUR at your own rate"
            with pytest.raises(CommandFailed) as refused:
                await policy.set_rate(node, "EUR", "a lot")
            assert refused.value.key == "wallet-rate"
            assert (await policy.set_rate(node, "", "")).rate == ""


async def test_a_key_is_exported_to_whoever_knows_the_passphrase(made: Path, tmp_path: Path) -> None:
    from eth_account import Account

    with within():
        async with copy_of(made, tmp_path / "home") as node:
            with pytest.raises(WorkerFailed) as wrong:
                await policy.export_key(node, "not it")
            assert wrong.value.code == "wrong-secret"
            key = await policy.export_key(node, PASSPHRASE, 2)
            assert Account.from_key(key).address.lower() == (await actions.wallet_account(node, 2)).address


def test_an_exported_key_is_written_for_its_owner_alone_and_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    policy.written(path, "0x01")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandFailed) as refused:
        policy.written(path, "0x02")
    assert refused.value.key == "wallet-export-file"
    assert path.read_text() == "0x01\n"


async def test_authority_is_given_within_limits_and_taken_away(made: Path, tmp_path: Path) -> None:
    from p2p.identity import did_key

    did = did_key(bytes(range(32)))
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            with pytest.raises(WorkerFailed) as refused:
                await policy.add_delegate(node, did, "my phone", "2099-01-31", {"task": "5"}, "")
            assert refused.value.code == "wallet-secret"
            row = await policy.add_delegate(node, did, "my phone", "2099-01-31", {"task": "5", "day": "9"}, PASSPHRASE)
            assert (row.name, row.task.amount, row.day.amount, row.peer.amount) == ("my phone", "5", "9", "5")
            assert (row.until[:7], row.over) == ("2099-01", False)
            assert [one.did for one in (await actions.wallet(node)).delegates] == [did]
            await policy.remove_delegate(node, "my phone")
            assert await policy.delegates(node) == ()


@pytest.mark.parametrize(
    ("who", "until", "code"),
    [("nobody", "2099-01-31", "wallet-delegate-who"), ("", "2001-01-01", "wallet-until"), ("", "soon", "wallet-until")],
)
async def test_authority_for_nobody_or_for_no_time_is_not_given(
    made: Path, tmp_path: Path, who: str, until: str, code: str
) -> None:
    from p2p.identity import did_key

    with within():
        async with copy_of(made, tmp_path / "home") as node:
            with pytest.raises(CommandFailed) as refused:
                await policy.add_delegate(node, who or did_key(bytes(32)), "x", until, {"task": "1"}, PASSPHRASE)
            assert refused.value.key == code


async def test_a_call_of_another_kind_has_its_words_too(made: Path, tmp_path: Path) -> None:
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            await node.chains.call("me/register", Call("identity", "register(string)", ("https://example.org/a",)))
            (row, *_) = await actions.wallet_history(node)
            assert "Register this node as an agent" in row.text


async def test_a_job_that_waits_for_the_yes_is_nudged(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[bool] = []
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            monkeypatch.setattr(node.swarm.settling, "nudge", lambda: nudged.append(True))
            digest = await asked(node, transfer(TOKEN))
            await actions.decide_wallet_ask(node, digest, agreed=True)
            assert nudged == [True]


async def test_a_contact_is_named_where_its_registered_account_is_meant(made: Path, tmp_path: Path) -> None:
    """One whose registration is believed; another one's stays an address."""
    with within():
        async with copy_of(made, tmp_path / "home") as node:
            vault = node.vault.vault
            chain = vault.chains.used()
            assert chain is not None
            place = Registry(chain.genesis, chain.chain_id, chain.contracts["identity"])
            for number, (name, wallet, problem) in enumerate((("Bob", STRANGER, ""), ("Eve", OTHER, "agent-keys"))):
                peer = peer_id(new_host_key())
                vault.peers.add(peer, name)
                vault.agents.keep(
                    place, number, peer=peer, owner=wallet, wallet=wallet, uri="", file=None, problem=problem
                )
            names = (await looking.sight(node, chain)).names
            assert (names.addresses.get(STRANGER), names.addresses.get(OTHER)) == ("Bob", None)
