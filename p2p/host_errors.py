"""What a peer's network operation ends with when it does not end well.  Standard library only."""

from __future__ import annotations


class HostFailed(Exception):
    """`code` is stable; the message is a sentence for the user.

    bad-address       not a multiaddr that ends in /p2p/ and a peer id
    no-transport      an address to listen on of a kind that this host does not speak
    cannot-listen     the address is taken, or not of this machine
    not-open          the host is not running
    unreachable       nobody answered, or somebody else did
    backing-off       it failed a moment ago; the sentence says when it is tried again
    banned            this host refuses the peer for a time
    not-served        the peer does not offer this protocol (or not to us)
    too-slow          the time allowed has passed
    too-large         a message over the limit, in either direction
    lost              the connection or the stream ended in the middle
    peer-error        the peer answered with an error; `detail` is its code
    """

    def __init__(self, code: str, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail


class Refused(Exception):
    """A handler raises it to answer a request with an error.  `code`: lower case, digits and hyphens, 64 at most.

    The code travels to the peer, so it must tell nothing that the peer may not know.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
