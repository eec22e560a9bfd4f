# pragma version 0.4.3
# pragma evm-version paris
"""
@title A token that means harm, in the way that `mode` says
"""

HONEST: constant(uint256) = 0
SAYS_NO: constant(uint256) = 1
REVERTS: constant(uint256) = 2
TAKES_A_FEE: constant(uint256) = 3
CALLS_BACK: constant(uint256) = 4

mode: public(uint256)
target: address
payload: Bytes[2048]
calledBack: public(uint256)
got_through: public(uint256)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def be(mode: uint256, target: address, payload: Bytes[2048]):
    self.mode = mode
    self.target = target
    self.payload = payload


@external
def mint(_to: address, _value: uint256):
    self.balanceOf[_to] += _value
    self.totalSupply += _value


@external
def approve(_spender: address, _value: uint256) -> bool:
    self.allowance[msg.sender][_spender] = _value
    return True


@external
def transfer(_to: address, _value: uint256) -> bool:
    return self._move(msg.sender, _to, _value)


@external
def transferFrom(_from: address, _to: address, _value: uint256) -> bool:
    self.allowance[_from][msg.sender] -= _value
    return self._move(_from, _to, _value)


@internal
def _move(_from: address, _to: address, _value: uint256) -> bool:
    if self.mode == SAYS_NO:
        return False
    assert self.mode != REVERTS, "hostile"
    self.balanceOf[_from] -= _value
    if self.mode == TAKES_A_FEE:
        self.balanceOf[_to] += _value - 1
        self.totalSupply -= 1
    else:
        self.balanceOf[_to] += _value
    if self.mode == CALLS_BACK:
        self.calledBack += 1
        if raw_call(self.target, self.payload, revert_on_failure=False):
            self.got_through += 1
    return True
