"""QR codes: an invite as a picture, and back from a picture of one.  The only importer of zxing-cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.results import CommandFailed

_QUIET = 4  # modules of margin, ISO/IEC 18004


def matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of modules, dark ones True, with the quiet zone that the standard asks for."""
    import numpy as np
    import zxingcpp

    image = np.array(
        zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=1, add_quiet_zones=False)
    )
    dark = np.pad(image < 128, _QUIET)
    return tuple(tuple(bool(module) for module in row) for row in dark)


def blocks(rows: Sequence[Sequence[bool]]) -> str:
    """For a terminal, two rows in one line, light on dark turned round so that any camera reads it."""
    even = [*rows, *([[False] * len(rows[0])] if len(rows) % 2 else [])]
    lines = []
    for upper, lower in zip(even[::2], even[1::2], strict=True):
        lines.append("".join(_BLOCK[above, below] for above, below in zip(upper, lower, strict=True)))
    return "\n".join(lines)


_BLOCK = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


def text_in(pixels: Any) -> str:
    """The text of the QR code in a picture: shades of grey, height by width, 8 bits.  Blocking.

    Errors: CommandFailed("qr-none").
    """
    import numpy as np
    import zxingcpp

    found = zxingcpp.read_barcodes(np.ascontiguousarray(pixels))
    texts = [str(one.text) for one in found if one.valid and one.format == zxingcpp.BarcodeFormat.QRCode]
    if not texts:
        raise CommandFailed("qr-none")
    return texts[0]
