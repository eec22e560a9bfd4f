# ruff: noqa: E501 - the functions of the host, and what other files hold, exist where this runs
"""The six contracts, with what is filled in between braces."""

HEAD = "# pragma version ^0.4.0\n"
TEMPLATES = {
    "escrow": '''"""Escrow between two: the buyer pays in, and releases it to the seller; after {duration} days the buyer may take it back."""

event Paid:
    amount: uint256
event Released:
    amount: uint256
event Refunded:
    amount: uint256

PERIOD: constant(uint256) = {seconds}
buyer: public(immutable(address))
seller: public(immutable(address))
paid_at: public(uint256)

@deploy
def __init__(the_seller: address):
    """Whoever deploys it is the buyer."""
    assert the_seller != empty(address), "no seller"
    buyer = msg.sender
    seller = the_seller

@external
@payable
def pay():
    """The buyer pays in, once."""
    assert msg.sender == buyer, "only the buyer"
    assert self.paid_at == 0, "paid already"
    assert msg.value > 0, "nothing was paid"
    self.paid_at = block.timestamp
    log Paid(amount=msg.value)

@external
@nonreentrant
def release():
    """The buyer is content: the seller gets everything."""
    assert msg.sender == buyer, "only the buyer"
    amount: uint256 = self.balance
    assert amount > 0, "nothing is here"
    log Released(amount=amount)
    raw_call(seller, b"", value=amount)

@external
@nonreentrant
def refund():
    """The seller gives it back at any time; the buyer takes it back after the period."""
    assert self.paid_at > 0, "nothing was paid"
    if msg.sender != seller:
        assert msg.sender == buyer, "only the two"
        assert block.timestamp >= self.paid_at + PERIOD, "too early"
    amount: uint256 = self.balance
    assert amount > 0, "nothing is here"
    log Refunded(amount=amount)
    raw_call(buyer, b"", value=amount)
''',
    "token": '''"""A token with a fixed supply (ERC-20): nobody can make more of it."""

from ethereum.ercs import IERC20
implements: IERC20

name: public(constant(String[32])) = "{name}"
symbol: public(constant(String[8])) = "{symbol}"
decimals: public(constant(uint8)) = 18
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])

@deploy
def __init__():
    """Whoever deploys it gets the whole supply."""
    self.totalSupply = {supply} * 10 ** 18
    self.balanceOf[msg.sender] = self.totalSupply
    log IERC20.Transfer(sender=empty(address), receiver=msg.sender, value=self.totalSupply)

@internal
def _move(giver: address, taker: address, amount: uint256):
    assert taker != empty(address), "no receiver"
    self.balanceOf[giver] -= amount
    self.balanceOf[taker] += amount
    log IERC20.Transfer(sender=giver, receiver=taker, value=amount)

@external
def transfer(receiver: address, amount: uint256) -> bool:
    """Give some of one's own."""
    self._move(msg.sender, receiver, amount)
    return True

@external
def approve(spender: address, amount: uint256) -> bool:
    """Let somebody else give away up to this much of one's own."""
    self.allowance[msg.sender][spender] = amount
    log IERC20.Approval(owner=msg.sender, spender=spender, value=amount)
    return True

@external
def transferFrom(owner: address, receiver: address, amount: uint256) -> bool:
    """Give away what the owner approved."""
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, receiver, amount)
    return True
''',
    "vote": '''"""A vote among {count} options: {options}.  Each voter has one vote; it is open for {duration} days."""

event Voted:
    voter: indexed(address)
    option: uint256

OPTIONS: constant(uint256) = {count}
ends: public(immutable(uint256))
chair: public(immutable(address))
may_vote: public(HashMap[address, bool])
has_voted: public(HashMap[address, bool])
votes: public(HashMap[uint256, uint256])

@deploy
def __init__():
    """Whoever deploys it is the chair; the vote opens at once."""
    chair = msg.sender
    ends = block.timestamp + {seconds}

@external
def admit(voter: address):
    """The chair says who may vote."""
    assert msg.sender == chair, "only the chair"
    assert block.timestamp < ends, "the vote is over"
    self.may_vote[voter] = True

@external
def vote(option: uint256):
    """One vote, for an option counted from 0; it cannot be changed."""
    assert block.timestamp < ends, "the vote is over"
    assert self.may_vote[msg.sender], "not a voter"
    assert not self.has_voted[msg.sender], "voted already"
    assert option < OPTIONS, "no such option"
    self.has_voted[msg.sender] = True
    self.votes[option] += 1
    log Voted(voter=msg.sender, option=option)

@external
@view
def winner() -> uint256:
    """The option with most votes once it is over; of equals the first."""
    assert block.timestamp >= ends, "the vote is open"
    best: uint256 = 0
    for option: uint256 in range(OPTIONS):
        if self.votes[option] > self.votes[best]:
            best = option
    return best
''',
    "timelock": '''"""Ether that is locked for {duration} days, and then one person's."""

event Locked:
    amount: uint256
event Withdrawn:
    amount: uint256

opens: public(immutable(uint256))
beneficiary: public(immutable(address))

@deploy
@payable
def __init__(whose: address):
    """What is sent along is locked; more can be added."""
    assert whose != empty(address), "nobody"
    beneficiary = whose
    opens = block.timestamp + {seconds}

@external
@payable
def add():
    """Anybody may add to it; nobody gets it back early."""
    log Locked(amount=msg.value)

@external
@nonreentrant
def withdraw():
    """The beneficiary takes everything, once the time has come."""
    assert msg.sender == beneficiary, "only the beneficiary"
    assert block.timestamp >= opens, "too early"
    amount: uint256 = self.balance
    log Withdrawn(amount=amount)
    raw_call(beneficiary, b"", value=amount)
''',
    "pot": '''"""A pot: if {goal} ether come together within {duration} days they go to the organiser, else everybody gets theirs back."""

event Given:
    giver: indexed(address)
    amount: uint256

GOAL: constant(uint256) = {wei}
ends: public(immutable(uint256))
organiser: public(immutable(address))
given: public(HashMap[address, uint256])
total: public(uint256)
collected: public(bool)

@deploy
def __init__():
    """Whoever deploys it is the organiser."""
    organiser = msg.sender
    ends = block.timestamp + {seconds}

@external
@payable
def give():
    """Anybody may give until the end."""
    assert block.timestamp < ends, "it is over"
    assert msg.value > 0, "nothing was given"
    self.given[msg.sender] += msg.value
    self.total += msg.value
    log Given(giver=msg.sender, amount=msg.value)

@external
@nonreentrant
def collect():
    """The organiser gets everything if the goal was reached."""
    assert msg.sender == organiser, "only the organiser"
    assert self.total >= GOAL, "the goal was not reached"
    self.collected = True
    raw_call(organiser, b"", value=self.balance)

@external
@nonreentrant
def take_back():
    """Whoever gave gets theirs back if the goal was missed."""
    assert block.timestamp >= ends, "it is not over"
    assert self.total < GOAL, "the goal was reached"
    amount: uint256 = self.given[msg.sender]
    assert amount > 0, "nothing was given"
    self.given[msg.sender] = 0
    raw_call(msg.sender, b"", value=amount)
''',
    "registry": '''"""A registry: a name belongs to who claims it first, and says what its owner writes."""

event Claimed:
    name: String[64]
    owner: indexed(address)

owner_of: public(HashMap[String[64], address])
text_of: public(HashMap[String[64], String[256]])

@external
def claim(name: String[64], text: String[256]):
    """Take a name that nobody has."""
    assert len(name) > 0, "no name"
    assert self.owner_of[name] == empty(address), "taken"
    self.owner_of[name] = msg.sender
    self.text_of[name] = text
    log Claimed(name=name, owner=msg.sender)

@external
def write(name: String[64], text: String[256]):
    """The owner changes what it says."""
    assert self.owner_of[name] == msg.sender, "only the owner"
    self.text_of[name] = text

@external
def hand_over(name: String[64], to: address):
    """The owner gives it to somebody else."""
    assert self.owner_of[name] == msg.sender, "only the owner"
    assert to != empty(address), "nobody"
    self.owner_of[name] = to
    log Claimed(name=name, owner=to)
''',
}
