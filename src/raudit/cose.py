"""A passkey's public key: COSE_Key (RFC 9052, section 7; RFC 9053) or DER, and nothing else of CBOR."""

from __future__ import annotations

from typing import Any

ES256, EDDSA, RS256 = -7, -8, -257
"""COSE algorithms (RFC 9053, section 2; RFC 8812, section 2) that authenticators use."""
_DEPTH = 4


def passkey_public_key(data: bytes) -> Any:
    """Public key of a passkey, from a COSE key or DER SubjectPublicKeyInfo.

    Raises
    ------
    ValueError
        If it is neither, or of another algorithm than ES256, EdDSA (Ed25519) and RS256.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if data[:1] == b"\x30":  # a DER sequence; a COSE key is a CBOR map, 0xa0 to 0xbf
        return load_der_public_key(data)
    value, rest = _item(data, _DEPTH)
    if rest or not isinstance(value, dict):
        raise ValueError("no COSE key")
    # Web Authentication, 6.5.1.1: these parameters and no others; a further one may be the private half.
    match value.get(1), value.get(3), value.get(-1):
        case _ if set(value) not in ({1, 3, -1, -2, -3}, {1, 3, -1, -2}):
            raise ValueError("the COSE key has more or fewer parameters than a public key")
        case 2, -7, 1:
            x, y = (_octets(value.get(label)) for label in (-2, -3))
            if (len(x), len(y)) != (32, 32):
                raise ValueError("a coordinate is not of 32 bytes")
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
        case 1, -8, 6 if -3 not in value:
            return ed25519.Ed25519PublicKey.from_public_bytes(_octets(value.get(-2)))
        case 3, -257, _ if -3 not in value:
            exponent, modulus = _number(value.get(-2)), _number(value.get(-1))
            return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    raise ValueError("another algorithm than ES256, EdDSA and RS256")


def _number(value: object) -> int:
    return int.from_bytes(_octets(value), "big")


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a COSE parameter is no byte string")
    return value


def _item(data: bytes, depth: int) -> tuple[Any, bytes]:
    """One CBOR item of definite length (RFC 8949): integers, byte and text strings, maps."""
    if not data or depth < 0:
        raise ValueError("the COSE key ends early")
    major, low = data[0] >> 5, data[0] & 31
    size = {24: 1, 25: 2, 26: 4}.get(low, 0)
    if low > 26:
        raise ValueError("a length that no key has")
    count = int.from_bytes(data[1 : 1 + size], "big") if size else low
    rest = data[1 + size :]
    match major:
        case 0:
            return count, rest
        case 1:
            return -1 - count, rest
        case 2 | 3:
            if count > len(rest):
                raise ValueError("the COSE key ends early")
            return (rest[:count] if major == 2 else rest[:count].decode("utf-8")), rest[count:]
        case 5:
            found: dict[Any, Any] = {}
            for _pair in range(min(count, 32)):
                key, rest = _item(rest, depth - 1)
                if key in found:
                    raise ValueError("the COSE key has a parameter twice")
                found[key], rest = _item(rest, depth - 1)
            return found, rest
    raise ValueError("a kind that no COSE key holds")
