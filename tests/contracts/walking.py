"""Random walks over the contracts: everybody tries everything at the seconds that matter, and the rules decide."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.contracts.evm import NOBODY, Reverted
from tests.contracts.rules import CALLS, LIVE, PEOPLE, TRANSITIONS, Call, Known, awarding, budgeting, funding
from tests.contracts.world import ARBITER, CLIENT, OPEN, PROVIDER, RIVAL, Offer, World

AMOUNTS = (0, 100, 120)
WINDOWED = Offer(dispute_window=300, arbitration_window=200, expiry=2**40)
ALONE = replace(WINDOWED, arbiter=NOBODY, dispute_window=0, arbitration_window=0)
MANY_JOBS = 4
SUBMIT, DISPUTE = (next(call for call in CALLS if call.name == name) for name in ("submit", "dispute"))


def every_call() -> list[Call]:
    """Every call whose arguments are few enough to be tried all; bids come with their own rule."""
    return [*CALLS, *map(budgeting, AMOUNTS), *map(funding, AMOUNTS)]


class Walk(RuleBasedStateMachine):
    """One world, a few jobs in it, and what the rules know of them."""

    world: World  # given by a subclass

    @initialize()
    def begin(self) -> None:
        self.undone = self.world.evm.undone()
        self.undone.__enter__()
        self.known: dict[int, Known] = {}
        self.supply = self.world.token.totalSupply()

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            self.undone.__exit__(None, None, None)

    @precondition(lambda self: len(self.known) < MANY_JOBS)
    @rule(
        kind=st.sampled_from(["bids", "bids", "plain", "alone"]),
        client=st.sampled_from([CLIENT, RIVAL]),
        named=st.sampled_from([False, False, False, True]),
        arbitrated=st.booleans(),
        lasts=st.sampled_from([2000, 1101, 1100, 4000, 1]),
        steps=st.sampled_from([4, 5, 2, 4, 3, 0, 1]),
    )
    def create(self, kind: str, client: str, named: bool, arbitrated: bool, lasts: int, steps: int) -> None:
        """A new job, and its first steps as far as they are allowed."""
        provider = PROVIDER if named else NOBODY
        world = self.world
        evaluator = {"bids": world.evaluator.address, "alone": client}.get(kind, ARBITER if arbitrated else client)
        hook = NOBODY if kind == "plain" else world.hook.address
        expired_at = world.evm.now + lasts
        job = world.kernel.createJob(provider, evaluator, expired_at, "", hook, by=client)
        self.known[job] = Known(kind, client, provider, evaluator, expired_at)
        offer = replace(ALONE if kind == "alone" else WINDOWED, amount=100)
        usual = [
            (awarding(offer, "provider", PROVIDER), client),
            (budgeting(100), client),
            (funding(100), client),
            (SUBMIT, PROVIDER),
            (DISPUTE, client),
        ]
        for call, by in usual[:steps]:
            self.attempt(call, job, by)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), call=st.sampled_from(every_call()), rightly=st.booleans())
    def act(self, data: st.DataObject, call: Call, rightly: bool) -> None:
        """Somebody does something: `rightly`, somebody who may, if there is anybody."""
        job = data.draw(st.sampled_from(sorted(self.known)))
        able = [one for one in PEOPLE if call.may(self.known[job], one, self.world.evm.now)]
        self.attempt(call, job, data.draw(st.sampled_from(able if rightly and able else PEOPLE)))

    @precondition(lambda self: self.known)
    @rule(
        data=st.data(),
        signer=st.sampled_from(["provider", "provider", "rival", "client", "arbiter"]),
        provider=st.sampled_from([PROVIDER, PROVIDER, RIVAL]),
        amount=st.sampled_from(AMOUNTS[1:]),
        lapsed=st.sampled_from([False, False, False, True]),
        fitting=st.sampled_from([True, True, True, False]),
    )
    def award(self, data: st.DataObject, signer: str, provider: str, amount: int, lapsed: bool, fitting: bool) -> None:
        job = data.draw(st.sampled_from(sorted(self.known)))
        alone = (self.known[job].kind == "alone") is fitting
        offer = replace(ALONE if alone else WINDOWED, amount=amount)
        if lapsed:
            offer = replace(offer, expiry=self.world.evm.now - 1)
        self.attempt(
            awarding(offer, signer, provider), job, data.draw(st.sampled_from([CLIENT, CLIENT, RIVAL, PROVIDER]))
        )

    @precondition(lambda self: self.known)
    @rule(data=st.data(), step=st.sampled_from([0, -1, 1]))
    def wait(self, data: st.DataObject, step: int) -> None:
        """Until a second that matters to a job, or the one before or after it; then its parties try everything."""
        now = self.world.evm.now
        number = data.draw(st.sampled_from(sorted(self.known)))
        job = self.known[number]
        matter = {job.expired_at, job.expired_at - 1100, *([job.dispute_by, job.ruling_by] if job.submitted_at else [])}
        self.world.evm.now = data.draw(
            st.sampled_from(sorted({now + 1, *(moment + step for moment in matter if moment + step > now)})[:3])
        )
        for somebody in sorted({job.client, job.provider, ARBITER} - {NOBODY}):
            self.tries_everything(number, somebody)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), somebody=st.sampled_from(PEOPLE))
    def somebody_tries(self, data: st.DataObject, somebody: str) -> None:
        self.tries_everything(data.draw(st.sampled_from(sorted(self.known))), somebody)

    def tries_everything(self, job: int, somebody: str) -> None:
        """Nothing of it stays; each attempt goes as the rules say."""
        was = dict(self.known)
        for call in every_call():
            with self.world.evm.undone():
                self.attempt(call, job, somebody)
            self.known = dict(was)

    def attempt(self, call: Call, job: int, by: str) -> None:
        world, known = self.world, self.known[job]
        expected = call.may(known, by, world.evm.now)
        paid = (known.client, known.provider) if expected else ()
        before = {somebody: world.token.balanceOf(somebody) for somebody in paid}
        refusal = None
        try:
            call.do(world, job, by)
        except Reverted as error:
            refusal = error.reason
        assert expected is (refusal is None), f"{call.name} {'went through' if refusal is None else refusal}"
        if not expected:
            return
        became = call.then(known, world.evm.now)
        self.known[job] = became
        self.moved(job, known, became, before)

    def moved(self, job: int, was: Known, now: Known, before: dict[str, int]) -> None:
        """The transition is one of the standard's, and the money went where it says."""
        world = self.world
        assert world.status(job) == now.status
        if was.status != now.status:
            assert (was.status, now.status) in TRANSITIONS
        paid = {now.client: 0, now.provider: 0}
        if was.status == OPEN and now.status in LIVE:
            paid[now.client] -= now.budget
        elif was.status in LIVE and now.status not in LIVE:
            paid[now.provider if now.status == 3 else now.client] += now.budget
        for somebody, more in paid.items():
            if somebody in before:
                assert world.token.balanceOf(somebody) - before[somebody] == more

    @invariant()
    def the_money_is_where_the_rules_say(self) -> None:
        if not hasattr(self, "known"):
            return
        world = self.world
        held = sum(job.budget for job in self.known.values() if job.status in LIVE)
        assert world.token.balanceOf(world.kernel.address) == held
        everybody = (*PEOPLE, world.kernel.address, world.hook.address, world.evaluator.address)
        assert sum(map(world.token.balanceOf, everybody)) == world.token.totalSupply() == self.supply

    @invariant()
    def every_job_is_what_the_rules_say(self) -> None:
        for number, job in getattr(self, "known", {}).items():
            _, client, provider, evaluator, _, budget, expired_at, status, _ = self.world.kernel.getJob(number)
            assert (client, provider, evaluator) == (job.client.lower(), job.provider.lower(), job.evaluator.lower())
            assert (budget, expired_at, status) == (job.budget, job.expired_at, job.status)


def over(world: World) -> type[Walk]:
    """The walk over this world."""
    return type("WalkOver", (Walk,), {"world": world})
