"""The part of a signature that no signature covers: its own container, checked to have only one possible spelling.

A PDF signature covers the file except for the place it stands in. Inside, the signed attributes and certificates are
protected, but version numbers, lists of algorithms, the hexadecimal spelling and the padding are not: they can be
changed, and the signature still verifies. Nothing in the document depends on them, but the file is no longer the one
that was issued, so each is required to be what it must be anyway (RFC 5652, 5.1 and 5.3; ISO 32000-2, 12.8.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raudit.sentences import say

MAX_DEPTH = 60


def container_problem(pdf: bytes, embedded: Any) -> str:
    """Name what is wrong with a signature's container.

    Parameters
    ----------
    pdf
        The whole file.
    embedded
        pyHanko's signature.

    Returns
    -------
    str
        Empty if nothing is.
    """
    _, before, after, _ = (int(number) for number in embedded.byte_range)
    contents = bytes(embedded.pkcs7_content)
    raw = pdf[before:after]
    if raw not in {b"<%b>" % contents.hex().encode(), b"<%b>" % contents.hex().upper().encode()}:
        return say("its hexadecimal spelling was changed")
    length = _encoded_length(contents, 0)
    if contents[length:].strip(b"\0"):
        return say("there are bytes behind it")
    if not _is_der(contents[:length], 0):
        return say("it is not DER")
    return next(_rule_problems(embedded.signed_data), "")


def _rule_problems(signed_data: Any) -> Iterator[str]:
    """Walk a SignedData and the time stamp tokens inside it."""
    signer = signed_data["signer_infos"][0]
    kind = signed_data["encap_content_info"]["content_type"].native
    if signed_data["version"].native != ("v1" if kind == "data" else "v3"):
        yield say("its version is not the one its content asks for")
    digests = [_algorithm(item) for item in signed_data["digest_algorithms"]]
    if digests != [_algorithm(signer["digest_algorithm"])]:
        yield say("it lists other digest algorithms than its signer's")
    if signer["version"].native != (
        "v1" if signer["sid"].name == "issuer_and_serial_number" else "v3"
    ):
        yield say("its signer's version is not the one its identifier asks for")
    if not _names_its_certificate(signer["sid"], signed_data["certificates"]):
        yield say("it names its signer's certificate in other letters than the certificate does")
    if not _plain_parameters(signer["signature_algorithm"]):
        yield say("its signature algorithm has parameters of its own")
    yield from _stray_certificates(signed_data)
    unsigned = signer["unsigned_attrs"]
    for attribute in unsigned if unsigned.native else ():
        if attribute["type"].native != "signature_time_stamp_token":
            yield say(
                "it carries an unsigned attribute of the kind {native}",
                native=attribute["type"].native,
            )
        for token in attribute["values"]:
            yield from _rule_problems(token["content"])


def _names_its_certificate(identifier: Any, certificates: Any) -> bool:
    """Compare byte by byte: names are matched without regard to case elsewhere (RFC 5280, 7.1)."""
    if identifier.name != "issuer_and_serial_number":
        return True
    issuer, serial = identifier.chosen["issuer"].dump(), identifier.chosen["serial_number"].native
    own = [item.chosen for item in certificates]
    return any(item.issuer.dump() == issuer and item.serial_number == serial for item in own)


def _stray_certificates(signed_data: Any) -> Iterator[str]:
    """Check the certificates that a path may not need, so that nothing else would notice a change in them."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import load_der_x509_certificate as load

    found = [
        (item.chosen.subject.dump(), item.chosen.issuer.dump(), item.chosen.dump())
        for item in signed_data["certificates"]
    ]
    for own in found:
        subject, issuer, _ = own
        issuers = [other for other in found if other[0] == issuer]
        issued = [other for other in found if other[1] == subject and other is not own]
        pairs = [(own, other) for other in issuers] or [(child, own) for child in issued]
        if not pairs and len(found) > 1:
            yield say("it carries a certificate that belongs to none of the others")
        for child, parent in pairs:
            try:
                load(child[2]).verify_directly_issued_by(load(parent[2]))
            except (InvalidSignature, ValueError, TypeError):
                yield say("it carries a certificate that was changed")


def _algorithm(identifier: Any) -> tuple[str, bool]:
    return identifier["algorithm"].dotted, _plain_parameters(identifier)


def _plain_parameters(identifier: Any) -> bool:
    """Whether parameters are absent or NULL; RSA-PSS has real ones, and is protected by needing them to verify."""
    from asn1crypto import core

    parameters = identifier["parameters"]
    return (
        isinstance(parameters, core.Void | core.Null)
        or identifier["algorithm"].native == "rsassa_pss"
    )


def _encoded_length(data: bytes, at: int) -> int:
    """Compute the length of the element that begins at a place, header included; ValueError if it is not DER."""
    if at + 2 > len(data) or data[at] == 0 or data[at] & 0x1F == 0x1F:
        raise ValueError("not DER")
    first = data[at + 1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    number = data[at + 2 : at + 2 + count]
    # X.690, 10.1: the shortest definite form
    if (
        not 1 <= count <= 4
        or len(number) < count
        or number[0] == 0
        or (count == 1 and number[0] < 0x80)
    ):
        raise ValueError("not DER")
    return 2 + count + int.from_bytes(number)


def _is_der(data: bytes, depth: int) -> bool:
    """Whether bytes are whole elements with the shortest definite lengths, all the way down."""
    if depth > MAX_DEPTH:
        return False
    at = 0
    try:
        while at < len(data):
            length = _encoded_length(data, at)
            header = 2 if data[at + 1] < 0x80 else 2 + (data[at + 1] & 0x7F)
            if at + length > len(data):
                return False
            if data[at] & 0x20 and not _is_der(data[at + header : at + length], depth + 1):
                return False
            at += length
    except ValueError:
        return False
    return True
