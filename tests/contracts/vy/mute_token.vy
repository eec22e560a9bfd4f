# pragma version 0.4.3
# pragma evm-version paris
"""
@title A token whose transfers return nothing, as some old ones do
"""

totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])


@external
def mint(_to: address, _value: uint256):
    self.balanceOf[_to] += _value
    self.totalSupply += _value


@external
def approve(_spender: address, _value: uint256):
    pass


@external
def transfer(_to: address, _value: uint256):
    self.balanceOf[msg.sender] -= _value
    self.balanceOf[_to] += _value


@external
def transferFrom(_from: address, _to: address, _value: uint256):
    self.balanceOf[_from] -= _value
    self.balanceOf[_to] += _value
