"""Host functions: what skills and the agent may call, a module each.  The contract is docs/host-functions.md."""
