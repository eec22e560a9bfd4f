"""A server that goes away while the connection is being encrypted."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator

import pytest

from storage import tls
from storage.sources.imap_wire import Wire
from storage.sync import SyncFailed

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close(2) sends RST instead of FIN


@contextlib.contextmanager
def gone_after_hello(*, reset: bool) -> Iterator[int]:
    """A port that takes one connection, reads a little of what is said, and ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def end_it() -> None:
            one, _ = listener.accept()
            one.recv(64)
            if reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            one.close()

        thread = threading.Thread(target=end_it)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("reset", [True, False])
def test_a_server_that_hangs_up_in_the_handshake_is_unreachable(reset: bool) -> None:
    with gone_after_hello(reset=reset) as port:
        wire = Wire("127.0.0.1", port, lambda: False)

        with pytest.raises(SyncFailed) as failure:
            wire.secure(tls.context())

    assert failure.value.code == "source-unreachable"


def test_a_server_that_speaks_something_else_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire("127.0.0.1", listener.getsockname()[1], lambda: False)
        one, _ = listener.accept()
        one.sendall(b"* OK IMAP4rev1 ready\r\n")

        with pytest.raises(SyncFailed) as failure:
            wire.secure(tls.context())
        one.close()

    assert (failure.value.code, type(failure.value.__cause__)) == ("source-tls", ssl.SSLError)
