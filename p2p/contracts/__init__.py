"""The contracts of the chain: Vyper sources, and under `abi/` what the compiler made of them."""
