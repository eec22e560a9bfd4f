"""Random walks of reconcilers over one job: in any order, cut short, with old news, while others fall silent for ever.

A node that is alive looks in time: it has its turns before the second for which it asked to be woken goes by.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from p2p.job_seen import JobSeen, Status
from p2p.settling import Do, Problem, Refunded, Rejected, Settled, Void, Wait
from tests.contracts.settling_world import AMOUNT, Cut, Deal, Party
from tests.contracts.world import CLIENT, PROVIDER, WORK, World

FORMS = [("prose", False, True)] * 4 + [("prose", True, True), ("prose", True, False), ("printed", True, False)]
OTHER = b"\x0e" * 32
WHO = ("client", "provider", "arbiter")
JOB = "(uint256,address,address,address,string,uint256,uint256,uint8,address)"
TURNS = 400  # after which a walk has to have come to its end


class Walk(RuleBasedStateMachine):
    """One deal; who is silent, is so for ever."""

    world: World  # given by a subclass

    @initialize(
        form=st.sampled_from(FORMS),
        lazy=st.booleans(),
        skew=st.sampled_from([0, 0, 0, -900, 20]),
        lasts=st.sampled_from([20_000, 6001, 7000]),
        steps=st.sampled_from([0, 1, 2, 2, 3, 3, 3, 4]),
        decides=st.booleans(),
    )
    def begin(self, form: tuple[str, bool, bool], lazy: bool, skew: int, lasts: int, steps: int, decides: bool) -> None:
        self.undone = self.world.evm.undone()
        self.undone.__enter__()
        self.supply = self.world.token.totalSupply()
        dialect, alone, hooked = form
        self.deal = Deal(self.world, dialect, alone, hooked, lasts)  # type: ignore[arg-type]  # a Dialect
        self.deal.chain.lazy = lazy
        self.decides = decides  # whether the client ever says what becomes of the call
        self.never_paid = False  # it was called off before the money was in
        self.silent: set[str] = set()
        self.news: list[JobSeen] = []
        self.deal.bids()
        self.deal.client.skew = self.deal.provider.skew = skew
        if steps > 0:
            self.deal.awards()
        if steps > 1:
            self.everybody()
        if steps > 2:
            self.deal.provider.say(result=WORK if steps == 3 else OTHER)
            self.deal.provider.run()
        if steps > 3:
            self.deal.client.say(result=WORK)

    def teardown(self) -> None:
        try:
            if hasattr(self, "deal"):
                self.comes_to_its_end()
        finally:
            if hasattr(self, "undone"):
                self.undone.__exit__(None, None, None)

    # What the nodes do

    @rule(who=st.sampled_from(WHO))
    def turn(self, who: str) -> None:
        if who not in self.silent:
            party = self.party(who)
            seen = party.seen()
            self.news += [seen] if seen is not None else []
            party.turn(seen)

    @rule(who=st.sampled_from(WHO), cut=st.sampled_from(Cut))
    def crash(self, who: str, cut: Cut) -> None:
        if who not in self.silent:
            self.party(who).turn(cut=cut)

    @precondition(lambda self: bool(getattr(self, "news", ())))
    @rule(who=st.sampled_from(WHO), age=st.integers(1, 4))
    def old_news(self, who: str, age: int) -> None:
        if who not in self.silent:
            self.party(who).turn(self.news[-min(age, len(self.news))])

    @rule(who=st.sampled_from(WHO))
    def fall_silent(self, who: str) -> None:
        if len(self.silent & {"client", "provider"} | {who}) < 2:
            self.silent.add(who)

    # What people and messages say

    @rule()
    def award(self) -> None:
        if self.decides and "client" not in self.silent and self.deal.client.plan.bid is None:
            self.deal.awards()

    @rule(result=st.sampled_from([WORK, WORK, None]), lies=st.sampled_from([False, False, True]))
    def work(self, result: bytes | None, lies: bool) -> None:
        """The provider is done, or gives up; its message arrives, perhaps with another result than it submits."""
        if "provider" in self.silent or self.deal.provider.plan.result is not None:
            return
        if result is None:
            self.deal.provider.say(stopped=True)
        else:
            self.deal.provider.say(result=OTHER if lies else result)

    @rule()
    def message_arrives(self) -> None:
        if self.deal.provider.plan.result is not None and "client" not in self.silent:
            self.deal.client.say(result=WORK)
        elif self.deal.provider.plan.stopped:
            self.deal.client.say(failed=True)

    @rule(verdict=st.sampled_from(["wait", "dispute", "accept", ""]))
    def person(self, verdict: str) -> None:
        if "client" not in self.silent:
            self.deal.client.say(verdict=verdict)

    @rule()
    def call_off(self) -> None:
        if self.decides and "client" not in self.silent:
            self.never_paid |= self.status is Status.OPEN
            self.deal.client.say(stopped=True)

    @rule(ruling=st.sampled_from(["complete", "reject"]))
    def arbiter_decides(self, ruling: str) -> None:
        self.deal.arbiter.say(ruling=ruling)

    # Time

    @rule(seconds=st.sampled_from([1, 60, 1799, 1800, 3600, 7200]))
    def wait(self, seconds: int) -> None:
        self.passes(seconds)

    def passes(self, seconds: int) -> None:
        """Never past a second for which somebody who is alive asked, before it had its turn."""
        until = self.everybody()
        self.world.wait(max(1, min(seconds, until - self.world.evm.now)))
        if not self.deal.chain.lazy:
            self.world.evm.events = []
            self.deal.chain.mine(f"nothing {self.deal.chain.number}")

    def everybody(self) -> int:
        """All who are alive do what is to be done now; the next second that one of them waits for."""
        alive = [self.party(who) for who in WHO if who not in self.silent]
        while sum(isinstance(party.turn(), Do) for party in alive):  # each of them, also after one that acts
            pass
        untils = [self.world.evm.now + 10**6]
        for who in WHO:
            party = self.party(who)
            if who not in self.silent and isinstance(party.last, Wait | Problem):
                assert party.last.until > party.now, f"{who} waits for what has been: {party.last}"
                untils.append(party.last.until - party.skew)
        return min(untils)

    def party(self, who: str) -> Party:
        found: Party = getattr(self.deal, who)
        return found

    # What holds at every moment, and at the end

    @invariant()
    def no_money_is_made_or_lost(self) -> None:
        if not hasattr(self, "deal"):
            return
        world, at = self.world, self.deal.call.kernel
        held = world.token.balanceOf(at)
        assert world.has(CLIENT) + world.has(PROVIDER) + held == 0
        assert held == (AMOUNT if self.status in (Status.FUNDED, Status.SUBMITTED) else 0)
        assert world.token.totalSupply() == self.supply

    @property
    def status(self) -> Status:
        call = self.deal.call
        return Status(self.deal.chain.read(call.kernel, "getJob(uint256)", [JOB], call.job)[0][7])

    def comes_to_its_end(self) -> None:
        alive = [who for who in WHO if who not in self.silent]
        ends = (Settled, Refunded, Rejected, Void)
        for _ in range(TURNS):
            if all(isinstance(self.party(who).last, ends) for who in alive):
                break
            self.passes(10**6)
        assert all(isinstance(self.party(who).last, ends) for who in alive), [self.party(who).last for who in WHO]
        self.no_money_is_made_or_lost()
        self.the_job_ended()
        assert not (self.never_paid and any(key.startswith("t/fund") for key in self.deal.chain.sent))
        self.an_honest_provider_was_paid()
        self.an_honest_client_lost_nothing()

    def the_job_ended(self) -> None:
        """Whoever could be left with money in escrow is the client itself, if it fell silent where it alone judges."""
        if self.deal.call.judged_by_client and "client" in self.silent:
            return
        # A client that is gone leaves a job open; a provider that was there leaves nothing undone.
        assert self.status.ended or (self.status is Status.OPEN and "client" in self.silent)

    def an_honest_provider_was_paid(self) -> None:
        """Who submitted and was there is paid, unless it took that back or the arbiter said no."""
        provider, chain = self.deal.provider.plan, self.deal.chain
        submitted = any(key.startswith("t/submit") for key in chain.sent)
        if "provider" in self.silent or provider.stopped or not submitted or self.deal.call.judged_by_client:
            return
        ruled_against = (
            any(key.startswith("t/rule") for key in chain.sent) and self.deal.arbiter.plan.ruling == "reject"
        )
        assert self.status is Status.COMPLETED or ruled_against or self.status is Status.REJECTED

    def an_honest_client_lost_nothing(self) -> None:
        """Who was there paid for nothing but work that it has, or that it disputed in vain."""
        client, sent = self.deal.client.plan, self.deal.chain.sent
        if "client" in self.silent or self.status is not Status.COMPLETED:
            return
        disputed = any(key.startswith("t/dispute") for key in sent)
        assert client.verdict == "accept" or "t/accept" in sent or client.result == self.delivered or disputed

    @property
    def delivered(self) -> bytes | None:
        return self.deal.provider.plan.result


def over(world: World) -> type[Walk]:
    """The walk over this world."""
    return type("SettlingWalkOver", (Walk,), {"world": world})
