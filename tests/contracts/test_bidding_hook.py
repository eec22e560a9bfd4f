"""Nobody becomes a provider, and nothing is paid in, without a bid that the provider signed for exactly this."""

from __future__ import annotations

from dataclasses import replace

import eth_abi
import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.contracts.evm import Evm
from tests.contracts.world import (
    ARBITER,
    BID_FIELDS,
    CFP,
    CLIENT,
    FUNDED,
    NOBODY,
    OPEN,
    PROVIDER,
    RIVAL,
    STRANGER,
    SUBMITTED,
    VALIDATOR,
    WORK,
    Offer,
    World,
    params,
    refused,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def award(world: World, job: int, bid: bytes, provider: str = PROVIDER) -> None:
    world.kernel.setProvider(job, provider, bid, by=CLIENT)


def changed(signature: bytes, *, r: int | None = None, s: int | None = None, v: int | None = None) -> bytes:
    was = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64])
    now = [old if new is None else new for old, new in zip(was, (r, s, v), strict=True)]
    return now[0].to_bytes(32, "big") + now[1].to_bytes(32, "big") + bytes([now[2]])


# The bid


def test_a_signed_bid_makes_a_provider(world: World) -> None:
    job = world.called()
    award(world, job, world.bid(job, Offer()))
    assert world.kernel.getJob(job)[2] == PROVIDER.lower()
    assert world.told == ["BidAccepted", "ProviderSet"]


def test_what_was_agreed_to_is_kept(world: World) -> None:
    job = world.awarded()
    assert world.hook.terms(job) == (PROVIDER.lower(), 100, CFP, ARBITER.lower(), VALIDATOR.lower(), 3600, 1800, 0)


def test_an_accepted_bid_is_told_with_its_digest(world: World) -> None:
    job = world.called()
    digest = world.hook.bidDigest(job, PROVIDER, Offer().words())
    award(world, job, world.bid(job, Offer()))
    assert world.event("BidAccepted").args == {
        "jobId": job,
        "provider": PROVIDER.lower(),
        "cfpHash": CFP,
        "amount": 100,
        "arbiter": ARBITER.lower(),
        "validator": VALIDATOR.lower(),
        "bidDigest": digest,
    }


def test_the_digest_is_the_one_of_eip_712(world: World) -> None:
    job = world.called()
    signable = encode_typed_data(full_message=world.typed(job, Offer()))
    expected = keccak(b"\x19" + signable.version + signable.header + signable.body)
    assert world.hook.bidDigest(job, PROVIDER, Offer().words()) == expected
    assert world.hook.DOMAIN_SEPARATOR() == signable.header


def test_the_example_of_the_documentation(world: World) -> None:
    """docs/contracts.md prints these words; whoever writes another client can hold theirs against them."""
    kinds = ",".join(f"{kind} {name}" for name, kind in BID_FIELDS)
    fields = {
        "jobId": 7, "client": "0x" + "11" * 20, "provider": "0x" + "22" * 20, "evaluator": "0x" + "33" * 20,
        "token": "0x" + "44" * 20, "amount": 1_500_000, "jobExpiredAt": 2_000_100_000, "cfpHash": b"\x55" * 32,
        "arbiter": "0x" + "66" * 20, "validator": "0x" + "77" * 20, "disputeWindow": 3600,
        "arbitrationWindow": 1800, "expiry": 2_000_000_500, "nonce": 1,
    }  # fmt: skip
    domain = {
        "name": "Nuee Bidding Hook", "version": "1", "chainId": 31337, "verifyingContract": "0x" + "88" * 20,
    }  # fmt: skip
    job = world.called()
    message = world.typed(job, Offer(), **domain, **fields)
    signable = encode_typed_data(full_message=message)
    assert keccak(text=f"Bid({kinds})").hex() == "71d2623c4bbe2ffd9f444303daae74f5bfafaa53fbe21e840ffb260d0dfe7da3"
    assert signable.header.hex() == "7142cf53f4529de0dc26b01e5a49a130c5dce1dbc00f77950f1d74ae1e3c737b"
    assert signable.body.hex() == "a7097a900f88e956d6336188adcdfa1d46f1de95b17f4990992f18febb6b1df4"
    digest = keccak(b"\x19\x01" + signable.header + signable.body)
    assert digest.hex() == "bb581c5ddb72e3a5257dcbb77d2a9712ca8df11d53b4fea3657770f6562da48c"


@pytest.mark.parametrize("field", [name for name, _ in BID_FIELDS])
def test_a_bid_that_was_signed_for_anything_else_is_refused(world: World, field: str) -> None:
    job = world.called()
    kind = dict(BID_FIELDS)[field]
    other = {"address": RIVAL, "bytes32": b"\x01" * 32}.get(kind, 77)
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), **{field: other}))


@pytest.mark.parametrize(
    ("part", "other"), [("chainId", 1), ("verifyingContract", RIVAL), ("version", "2"), ("name", "Another Hook")]
)
def test_a_bid_of_another_domain_is_refused(world: World, part: str, other: object) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), **{part: other}))


def test_a_bid_is_no_good_on_another_chain(world: World) -> None:
    """The same contracts at the same addresses, the same job, one number of a chain apart."""
    elsewhere = World(made=world.made, evm=Evm(chain_id=world.evm.chain_id + 1))
    job, same = world.called(), elsewhere.called()
    assert (elsewhere.hook.address, same) == (world.hook.address, job)
    bid = world.bid(job, Offer())
    with refused("not signed"):
        award(elsewhere, same, bid)
    award(world, job, bid)


def test_a_bid_is_no_good_for_another_job(world: World) -> None:
    first, second = world.called(), world.called()
    bid = world.bid(first, Offer())
    with refused("not signed"):
        award(world, second, bid)


def test_a_bid_is_no_good_for_another_provider(world: World) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer()), RIVAL)


def test_a_bid_that_somebody_else_signed_is_refused(world: World) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), signer="rival"))


def test_a_client_does_not_bid_for_its_own_job(world: World) -> None:
    job = world.called()
    with refused("own bid"):
        award(world, job, world.bid(job, Offer(), signer="client", provider=CLIENT), CLIENT)


def test_a_bid_of_nothing_is_refused(world: World) -> None:
    job = world.called()
    with refused("no amount"):
        award(world, job, world.bid(job, Offer(amount=0)))


# Signatures that are none


def test_the_other_half_of_a_signature_is_refused(world: World) -> None:
    """(r, n - s) with the other v is signed by the same key: one consent would have two forms."""
    job = world.called()
    signature = world.signature(job, Offer())
    s = ORDER - int.from_bytes(signature[32:64], "big")
    with refused("not signed"):
        award(world, job, params(Offer(), changed(signature, s=s, v=55 - signature[64])))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_a_v_that_is_neither_27_nor_28_is_refused(world: World, v: int) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, params(Offer(), changed(world.signature(job, Offer()), v=v)))


@pytest.mark.parametrize("part", ["r", "s"])
@pytest.mark.parametrize("number", [0, ORDER, 2**256 - 1])
def test_an_r_or_s_outside_the_curve_is_refused(world: World, part: str, number: int) -> None:
    job = world.called()
    signature = world.signature(job, Offer())
    forged = changed(signature, r=number) if part == "r" else changed(signature, s=number)
    with refused("not signed"):
        award(world, job, params(Offer(), forged))


@pytest.mark.parametrize("length", [0, 1, 64, 66, 130])
def test_a_signature_of_another_length_is_refused(world: World, length: int) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, params(Offer(), (world.signature(job, Offer()) * 2)[:length]))


def test_a_signature_by_nobody_is_refused(world: World) -> None:
    """What recovers to the zero address is no consent of the zero address."""
    job = world.called()
    with refused("no provider"):
        award(world, job, params(Offer(), b"\x00" * 64 + b"\x1b"), NOBODY)


@pytest.mark.parametrize("bid", [b"", b"\x00", b"\xff" * 32, b"\x00" * 320, b"\xff" * 2048])
def test_parameters_that_are_no_bid_are_refused(world: World, bid: bytes) -> None:
    job = world.called()
    with refused():
        award(world, job, bid)
    assert world.kernel.getJob(job)[2] == NOBODY


# Wallets that are contracts (EIP-1271)


def test_a_contract_bids_with_its_owners_signature(world: World) -> None:
    wallet = world.hostile("wallet", PROVIDER)
    job = world.called()
    award(world, job, world.bid(job, Offer(), provider=wallet.address), wallet.address)
    assert world.hook.terms(job)[0] == wallet.address.lower()


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_a_contract_that_does_not_agree_has_not_bid(world: World, mode: int) -> None:
    """It refuses, it reverts, or its answer is too short."""
    wallet = world.hostile("wallet", PROVIDER)
    wallet.be(mode, by=STRANGER)
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), provider=wallet.address), wallet.address)


def test_a_contract_that_cannot_say_whether_it_agrees_has_not_bid(world: World) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), provider=world.token.address), world.token.address)


# Time


@pytest.mark.parametrize(("late", "binds"), [(-1, True), (0, True), (1, False)])
def test_a_bid_binds_up_to_and_including_its_last_second(world: World, late: int, binds: bool) -> None:
    job = world.called()
    bid = world.bid(job, Offer(expiry=world.evm.now + 50))
    world.wait(50 + late)
    if binds:
        award(world, job, bid)
    else:
        with refused("bid expired"):
            award(world, job, bid)


@pytest.mark.parametrize(("slack", "fits"), [(0, True), (-1, False)])
def test_a_job_whose_windows_do_not_end_before_the_refund_is_refused_at_the_award(
    world: World, slack: int, fits: bool
) -> None:
    job = world.called(lasts=3600 + 1800 + 600 + slack)
    bid = world.bid(job, Offer())
    if fits:
        award(world, job, bid)
    else:
        with refused("too late"):
            award(world, job, bid)


@pytest.mark.parametrize(("slack", "fits"), [(0, True), (-1, False)])
def test_a_job_that_could_no_longer_be_submitted_is_not_funded(world: World, slack: int, fits: bool) -> None:
    job = world.awarded(lasts=10_000)
    world.kernel.setBudget(job, 100, by=CLIENT)
    world.wait(10_000 - 6000 - slack)
    if fits:
        world.kernel.fund(job, 100, by=CLIENT)
    else:
        with refused("too late"):
            world.kernel.fund(job, 100, by=CLIENT)


@pytest.mark.parametrize(("slack", "fits"), [(0, True), (-1, False)])
def test_a_submission_comes_in_time_for_both_windows_or_not_at_all(world: World, slack: int, fits: bool) -> None:
    job = world.paid_in(lasts=10_000)
    world.wait(10_000 - 6000 - slack)
    if fits:
        world.kernel.submit(job, WORK, by=PROVIDER)
        assert world.hook.terms(job)[7] == world.evm.now
    else:
        with refused("too late"):
            world.kernel.submit(job, WORK, by=PROVIDER)


@pytest.mark.parametrize("window", ["dispute_window", "arbitration_window"])
def test_a_window_that_lasts_longer_than_time_itself_is_refused(world: World, window: str) -> None:
    job = world.called()
    offer = replace(Offer(), **{window: 2**64 - 1})  # type: ignore[arg-type]
    with refused("too late"):
        award(world, job, world.bid(job, offer))


# Bids that were replaced


def test_a_revoked_bid_is_refused_and_the_one_that_replaces_it_is_not(world: World) -> None:
    job = world.called()
    old, new = world.bid(job, Offer(nonce=0)), world.bid(job, Offer(amount=120, nonce=1))
    world.hook.revokeBids(job, 1, by=PROVIDER)
    assert world.event("BidsRevoked").args == {"jobId": job, "provider": PROVIDER.lower(), "below": 1}
    with refused("bid revoked"):
        award(world, job, old)
    award(world, job, new)
    assert world.hook.terms(job)[1] == 120


def test_a_revocation_is_the_providers_own_and_for_one_job(world: World) -> None:
    job, other = world.called(), world.called()
    world.hook.revokeBids(job, 1, by=RIVAL)
    world.hook.revokeBids(other, 1, by=PROVIDER)
    award(world, job, world.bid(job, Offer()))


def test_what_was_revoked_does_not_come_back(world: World) -> None:
    job = world.called()
    world.hook.revokeBids(job, 5, by=PROVIDER)
    for below in (0, 4, 5):
        with refused("revoked already"):
            world.hook.revokeBids(job, below, by=PROVIDER)


def test_an_accepted_bid_is_not_replaced(world: World) -> None:
    job = world.awarded()
    world.hook.revokeBids(job, 9, by=PROVIDER)
    cheaper = Offer(amount=50, nonce=9)
    with refused("provider set"):
        award(world, job, world.bid(job, cheaper))
    with refused("not the bid's amount"):
        world.kernel.setBudget(job, 50, world.bid(job, cheaper), by=CLIENT)
    assert world.hook.terms(job)[1] == 100


# The budget


@pytest.mark.parametrize("amount", [0, 99, 101])
@pytest.mark.parametrize("party", [CLIENT, PROVIDER])
def test_the_budget_is_what_was_bid(world: World, party: str, amount: int) -> None:
    job = world.awarded()
    with refused("not the bid's amount"):
        world.kernel.setBudget(job, amount, by=party)
    world.kernel.setBudget(job, 100, by=party)


def test_a_budget_set_before_the_award_is_not_what_is_paid(world: World) -> None:
    job = world.called()
    world.kernel.setBudget(job, 5, by=CLIENT)
    award(world, job, world.bid(job, Offer()))
    with refused("not the bid's amount"):
        world.kernel.fund(job, 5, by=CLIENT)


def test_without_a_bid_nothing_is_paid_in(world: World) -> None:
    job = world.called(provider=PROVIDER)
    with refused():
        world.kernel.setBudget(job, 100, by=CLIENT)
    assert world.status(job) == OPEN


def test_a_provider_named_at_the_creation_bids_with_the_budget(world: World) -> None:
    job = world.called(provider=PROVIDER)
    bid = world.bid(job, Offer())
    with refused("not the bid's amount"):
        world.kernel.setBudget(job, 99, bid, by=CLIENT)
    world.kernel.setBudget(job, 100, bid, by=PROVIDER)
    world.kernel.fund(job, 100, by=CLIENT)
    assert world.status(job) == FUNDED
    assert world.hook.terms(job)[0] == PROVIDER.lower()


# Opening the bidding on chain


def opened(world: World, deadline: int, cfp: bytes = CFP) -> int:
    job = world.called()
    world.kernel.setBudget(job, 500, eth_abi.encode(["uint256", "bytes32"], [deadline, cfp]), by=CLIENT)
    return job


def test_a_client_may_fix_the_call_and_its_deadline(world: World) -> None:
    deadline = world.evm.now + 60
    job = opened(world, deadline)
    assert world.hook.opening(job) == (deadline, CFP)
    assert world.event("BiddingOpened").args == {"jobId": job, "deadline": deadline, "cfpHash": CFP}


@pytest.mark.parametrize(("early", "may"), [(1, False), (0, True), (-1, True)])
def test_nobody_is_awarded_before_the_deadline(world: World, early: int, may: bool) -> None:
    job = opened(world, world.evm.now + 60)
    bid = world.bid(job, Offer())
    world.wait(60 - early)
    if may:
        award(world, job, bid)
    else:
        with refused("bidding open"):
            award(world, job, bid)


def test_a_bid_for_another_call_is_refused(world: World) -> None:
    job = opened(world, world.evm.now + 60)
    world.wait(60)
    with refused("another call"):
        award(world, job, world.bid(job, Offer(cfp_hash=b"\x01" * 32)))


def test_what_was_opened_is_not_opened_again(world: World) -> None:
    job = opened(world, world.evm.now + 60)
    with refused("opened already"):
        world.kernel.setBudget(job, 500, eth_abi.encode(["uint256", "bytes32"], [world.evm.now + 1, CFP]), by=CLIENT)


def test_a_deadline_lies_in_the_future(world: World) -> None:
    with refused("deadline passed"):
        opened(world, world.evm.now)


# Who judges


@pytest.mark.parametrize("arbiter", [NOBODY, CLIENT, PROVIDER])
def test_an_arbiter_is_a_third(world: World, arbiter: str) -> None:
    job = world.called()
    with refused("no arbiter" if arbiter == NOBODY else "a party as arbiter"):
        award(world, job, world.bid(job, Offer(arbiter=arbiter)))


@pytest.mark.parametrize("window", ["dispute_window", "arbitration_window"])
@pytest.mark.parametrize(("seconds", "fits"), [(0, False), (59, False), (60, True)])
def test_a_window_is_long_enough_to_be_used(world: World, window: str, seconds: int, fits: bool) -> None:
    job = world.called()
    bid = world.bid(job, replace(Offer(), **{window: seconds}))  # type: ignore[arg-type]
    if fits:
        award(world, job, bid)
    else:
        with refused("window too short"):
            award(world, job, bid)


ALONE = Offer(arbiter=NOBODY, dispute_window=0, arbitration_window=0)


def test_a_client_who_judges_alone_is_bid_to_in_those_words(world: World) -> None:
    job = world.paid_in(ALONE, evaluator=CLIENT, lasts=20)
    world.wait(19)
    world.kernel.submit(job, WORK, by=PROVIDER)
    assert world.status(job) == SUBMITTED


@pytest.mark.parametrize("offer", [Offer(), replace(ALONE, dispute_window=60), replace(ALONE, arbitration_window=60)])
def test_a_client_who_judges_alone_promises_no_arbiter_and_no_window(world: World, offer: Offer) -> None:
    job = world.called(evaluator=CLIENT)
    with refused():
        award(world, job, world.bid(job, offer))


def test_any_other_evaluator_is_refused(world: World) -> None:
    job = world.called(evaluator=STRANGER)
    with refused("unknown evaluator"):
        award(world, job, world.bid(job, ALONE))


# The hook itself


@pytest.mark.parametrize("method", ["beforeAction", "afterAction"])
def test_only_the_kernel_calls_the_hook(world: World, method: str) -> None:
    job = world.delivered()
    selector = keccak(text="submit(uint256,bytes32,bytes)")[:4]
    world.wait(50)
    for caller in (CLIENT, PROVIDER, world.evaluator.address):
        with refused("not the kernel"):
            getattr(world.hook, method)(job, selector, b"", by=caller)


def test_the_hook_says_that_it_is_one(world: World) -> None:
    before = int.from_bytes(keccak(text="beforeAction(uint256,bytes4,bytes)")[:4], "big")
    after = int.from_bytes(keccak(text="afterAction(uint256,bytes4,bytes)")[:4], "big")
    assert world.hook.supportsInterface((before ^ after).to_bytes(4, "big"))
    assert world.hook.supportsInterface(bytes.fromhex("01ffc9a7"))
    assert not world.hook.supportsInterface(b"\xff\xff\xff\xff")


def test_the_hook_says_what_it_is_bound_to(world: World) -> None:
    bound = (world.hook.kernel(), world.hook.evaluator(), world.hook.token())
    assert bound == tuple(one.address.lower() for one in (world.kernel, world.evaluator, world.token))


def test_a_client_rejects_an_open_job_and_the_hook_lets_it(world: World) -> None:
    job = world.awarded()
    world.kernel.reject(job, by=CLIENT)
    assert world.has(CLIENT) == 0
