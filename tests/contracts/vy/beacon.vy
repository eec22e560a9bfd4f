# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title A beacon of ERC-1967, for tests: it names what the proxies that ask it run
@license Apache-2.0
"""

implementation: public(address)


@external
def become(target: address):
    self.implementation = target
