"""The JSON text of a fact's body; digests are taken over it, so it never changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def _make_encode() -> Callable[[Any], str]:
    encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    # JSONEncoder makes one of these for every text, which takes longer than the text itself.
    quote = json.encoder.encode_basestring_ascii
    parts = make(None, encoder.default, quote, None, ":", ",", False, False, False)
    return lambda body: "".join(parts(body, 0))


encode = _make_encode()
"""Returns the JSON text of a fact's body; ASCII, so that lone surrogates survive SQLite."""
