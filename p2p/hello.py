"""The first words between two nodes: which versions they speak, for whom they speak, and what their clocks say.

Protocol `HELLO_PROTOCOL`, one request and one answer, a `Hello` both: the array [1, map] in the encoding of
canonical.py.  The binding (identity.py) is believed only from a connection of the very peer id that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from p2p.acl import VERSION, AclError, BadField, BadMessage, TooLarge, UnknownVersion
from p2p.canonical import INTEGER_LIMIT, BadEncoding, Value, decode, encode, leading_integer
from p2p.identity import IdentityError, SignedBinding

HELLO_PROTOCOL = "/nuee/hello/1.0.0"
HELLO_LIMIT = 2048  # bytes
NAME_LIMIT = 64  # characters
INVITE_BYTES = 16
_VERSIONS_LIMIT = 16


class WrongBinding(AclError):
    """The binding speaks of another peer than the connection, or is broken."""

    code = "wrong-binding"


@dataclass(frozen=True)
class Hello:
    """binding   who the node speaks for, signed
    now       the node's clock, milliseconds since the epoch
    versions  of messages that the node takes, ascending
    name      how the person calls themselves, "" when not said; data, shown as claimed
    invite    the one-time secret of the other's invite, from who was invited in its first hello
    """

    binding: SignedBinding
    now: int
    versions: tuple[int, ...] = (VERSION,)
    name: str = ""
    invite: bytes | None = None

    def __post_init__(self) -> None:
        """Errors: BadField."""
        if type(self.now) is not int or not 0 <= self.now < INTEGER_LIMIT:
            raise BadField("The time of a hello is not milliseconds since the epoch.")
        if any(type(version) is not int or not 0 < version < INTEGER_LIMIT for version in self.versions):
            raise BadField("A version is a positive whole number.")
        if not 0 < len(self.versions) <= _VERSIONS_LIMIT or list(self.versions) != sorted(set(self.versions)):
            raise BadField(f"A hello names 1 to {_VERSIONS_LIMIT} versions, ascending.")
        if type(self.name) is not str or len(self.name) > NAME_LIMIT:
            raise BadField(f"A name has at most {NAME_LIMIT} characters.")
        if self.invite is not None and (type(self.invite) is not bytes or len(self.invite) != INVITE_BYTES):
            raise BadField(f"The secret of an invite has {INVITE_BYTES} bytes.")

    def __repr__(self) -> str:
        return f"<Hello of {self.binding.peer_id}>"  # the secret stays out of logs

    def to_bytes(self) -> bytes:
        """The one encoding.  Errors: BadField for a name with half a character."""
        fields: dict[str, Value] = {
            "binding": self.binding.to_bytes(),
            "now": self.now,
            "versions": list(self.versions),
        }
        if self.name:
            fields["name"] = self.name
        if self.invite is not None:
            fields["invite"] = self.invite
        try:
            return encode([VERSION, fields])
        except BadEncoding as error:
            raise BadField(f"The hello cannot be sent: {error}") from error

    @classmethod
    def from_bytes(cls, data: bytes, remote: str) -> Self:
        """The hello of the peer `remote`.  Errors: TooLarge, UnknownVersion, BadMessage, BadField, WrongBinding."""
        if len(data) > HELLO_LIMIT:
            raise TooLarge(f"A hello has at most {HELLO_LIMIT} bytes.")
        version = leading_integer(data)
        if version is not None and version != VERSION:
            raise UnknownVersion(f"Version {version} of hello is unknown here; this is version {VERSION}.")
        match _decoded(data):
            case [_, {"binding": bytes(binding), "now": int(now), "versions": list(versions), **rest}]:
                hello = cls(_binding(binding, remote), now, tuple(versions), **_optional(rest))  # type: ignore[arg-type]
            case _:
                raise BadMessage("This is not a hello.")
        if hello.to_bytes() != data:
            raise BadMessage("The hello is not in its one encoding.")
        return hello


def _optional(fields: dict[str, Value]) -> dict[str, Value]:
    if not fields.keys() <= {"name", "invite"}:
        raise BadField("A field of the hello is unknown.")
    return fields


def _binding(data: bytes, remote: str) -> SignedBinding:
    try:
        binding = SignedBinding.from_bytes(data)
    except IdentityError as error:
        raise WrongBinding(f"The binding is broken: {error}") from error
    if binding.peer_id != remote:
        raise WrongBinding("The binding is of another peer than the connection.")
    return binding


def _decoded(data: bytes) -> Value:
    try:
        return decode(data)
    except BadEncoding as error:
        raise BadMessage(str(error)) from error
