"""Public keys under which a signature proves nothing."""

from __future__ import annotations

_P = (1 << 255) - 19
_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _P - 1, _EIGHT, _P - _EIGHT})
"""Ordinates of the points of Ed25519 whose order divides 8: anyone can make a signature under them, for anything."""
_CURVES = frozenset({"secp256r1", "secp384r1"})
_RSA_BITS = 2048


def weakness(key: object) -> str:
    """Why a signature with a key would prove nothing, or is of a kind that is not taken; empty if it is fine.

    References
    ----------
    RFC 8032, section 5.1; RFC 8017, section 3.1.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match key:
        case rsa.RSAPublicKey():
            sound = key.key_size >= _RSA_BITS and key.public_numbers().e > 1
            return "" if sound else "the RSA key is shorter than 2,048 bits, or its exponent is 1"
        case ec.EllipticCurvePublicKey():
            return "" if key.curve.name in _CURVES else "another curve than P-256 and P-384"
        case ed25519.Ed25519PublicKey():
            y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
            return "anything verifies under this key" if y % _P in _SMALL_ORDER else ""
    return "neither Ed25519 nor ECDSA nor RSA"
