"""The hash that goes with a key."""

from __future__ import annotations

from typing import Any


def hash_for(public: object) -> Any:
    """The hash that goes with a public key: SHA-384 for P-384, else SHA-256."""
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA384() if getattr(public, "key_size", 0) == 384 else hashes.SHA256()
