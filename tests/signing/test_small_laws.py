"""Laws of the parts that judge a signature, each on values made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NameObject

from raudit.signing.certificates import _key_kind
from raudit.signing.changes import _in_words
from raudit.signing.check import check_pdf
from raudit.signing.container import _encoded_length
from raudit.signing.content import _active
from raudit.signing.trust import trust_fault
from raudit.signing.verdict import FaultCode


def tree(**entries) -> DictionaryObject:
    """A dictionary of PDF names."""
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in entries.items()})


def catalog(*fields: DictionaryObject) -> DictionaryObject:
    return tree(AcroForm=tree(Fields=ArrayObject(fields)), Pages=tree())


SIGNATURE, TEXT = NameObject("/Sig"), NameObject("/Tx")


def test_fields_below_fields_are_looked_at_each_of_them():
    """Fields that stand in the tree itself have no number of their own, and are no less told apart."""
    assert list(_active(catalog(tree(FT=SIGNATURE), tree(FT=SIGNATURE)))) == []
    told = ["the form has a field that is no signature field"]
    assert list(_active(catalog(tree(FT=SIGNATURE), tree(FT=TEXT)))) == told
    assert list(_active(catalog(tree(FT=TEXT), tree(FT=SIGNATURE)))) == told
    below = tree(FT=SIGNATURE, Kids=ArrayObject([tree(FT=SIGNATURE), tree(FT=TEXT)]))
    assert list(_active(catalog(below))) == told


def test_a_document_without_pages_is_no_crash():
    assert list(_active(tree())) == ["the catalog has no pages"]


@pytest.mark.parametrize("key", ["AA", "PA"])
def test_actions_beside_the_one_of_a_click_are_named(key):
    field = tree(FT=SIGNATURE, **{key: tree(S=NameObject("/GoTo"))})
    assert list(_active(catalog(field))) == [f"a form field has /{key}"]


@pytest.mark.parametrize(
    ("indication", "code"),
    [
        ("CHAIN_CONSTRAINTS_FAILURE", FaultCode.KEY_USAGE),
        ("OUT_OF_BOUNDS_NO_POE", FaultCode.OUTSIDE_VALIDITY),
        ("OUT_OF_BOUNDS_NOT_REVOKED", FaultCode.OUTSIDE_VALIDITY),
        ("REVOCATION_OUT_OF_BOUNDS_NO_POE", FaultCode.OUTSIDE_VALIDITY),
        ("NO_CERTIFICATE_CHAIN_FOUND", FaultCode.UNTRUSTED_SIGNER),
        ("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", FaultCode.UNTRUSTED_SIGNER),
        ("POLICY_PROCESSING_ERROR", FaultCode.UNTRUSTED_SIGNER),
        (None, FaultCode.UNTRUSTED_SIGNER),
    ],
)
def test_why_a_certificate_is_not_trusted(indication, code):
    why = {
        None: "no path to a trusted certificate",
        "NO_CERTIFICATE_CHAIN_FOUND": "no path to a trusted certificate",
        "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": "an algorithm on the path is too weak",
        "POLICY_PROCESSING_ERROR": "POLICY_PROCESSING_ERROR",
    }
    named = SimpleNamespace(name=indication) if indication else None
    status = SimpleNamespace(trust_problem_indic=named, revoked=False)
    found, words = trust_fault(status, anchors_given=True)
    assert found is code
    if indication in why:
        assert words == f"the certificate leads to no trusted one ({why[indication]})"
    assert trust_fault(status, anchors_given=False)[0] is FaultCode.NO_TRUST_GIVEN
    revoked = SimpleNamespace(trust_problem_indic=named, revoked=True)
    assert trust_fault(revoked, anchors_given=True)[0] is FaultCode.REVOKED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x00\x00",
        b"\x1f\x05" + bytes(5),
        b"\x3f\x05" + bytes(5),
        b"\xbf\x05" + bytes(5),
        b"\x30\x80",
        b"\x30\x81\x7f" + bytes(127),
        b"\x30\x82\x00\x81" + bytes(129),
        b"\x30\x82\x01",
    ],
)
def test_what_is_not_the_shortest_definite_form_has_no_length(data):
    with pytest.raises(ValueError, match="not DER"):
        _encoded_length(data, 0)


@pytest.mark.parametrize(
    ("data", "length"),
    [(b"\x30\x00", 2), (b"\x1e\x7f", 129), (b"\x30\x81\x80", 131), (b"\x30\x82\x01\x00", 260)],
)
def test_lengths_of_the_shortest_form_count_their_header(data, length):
    assert _encoded_length(data, 0) == length
    assert _encoded_length(b"\x05\x00" + data, 2) == length


def test_the_role_that_is_claimed_is_read_back(countersigned, local_trust, clock):
    first, second = check_pdf(countersigned, trust=local_trust, at=clock).signatures
    assert (first.role, second.role) == ("", "dpo")


@pytest.mark.parametrize("level", ["CONTIGUOUS_BLOCK_FROM_START", "UNCLEAR"])
def test_a_signature_over_a_part_is_named_whatever_part(
    certified, local_trust, clock, monkeypatch, level
):
    from pyhanko.sign.validation import pdf_embedded
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    monkeypatch.setattr(
        pdf_embedded.EmbeddedPdfSignature,
        "evaluate_signature_coverage",
        lambda _embedded: SignatureCoverageLevel[level],
    )
    check = check_pdf(certified, trust=local_trust, at=clock)
    assert FaultCode.COVERAGE in {fault.code for fault in check.faults}
    assert not check.holds


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("VRI key /AB was modified or deleted.", "the store of validation data was changed (/AB)"),
        ("XML entities found in XMP metadata", "what the file says of itself was replaced"),
        ("Annotations {x} were deleted.", "pages, or what stands on them, were changed"),
        (
            "Unexpected change to page tree structure.",
            "pages, or what stands on them, were changed",
        ),
        ("Fields {x} were deleted after signing.", "fields were added, removed or changed"),
        ("AP entry should point to a dictionary", "fields were added, removed or changed"),
        (
            "Update clobbers or reuses Reference(4)",
            "objects of the file were replaced or taken out",
        ),
        (
            "Dict keys differ: {'/A', '/B', '/C', '/D'}, /A",
            "entries of the file's structure were changed (/A, /B, /C)",
        ),
        ("", "something was changed that no signature changes"),
    ],
)
def test_what_came_after_a_signature_has_words_of_ours(message, told):
    assert _in_words(message) == told


def test_without_anybody_to_trust_nobody_is_called_a_stranger(certified, clock):
    assert {fault.code for fault in check_pdf(certified, at=clock).faults} == {
        FaultCode.NO_TRUST_GIVEN
    }


@pytest.mark.parametrize(("kind", "told"), [("rsa", "rsa 2048"), ("ed25519", "ed25519")])
def test_a_key_is_told_with_its_size_where_its_kind_does_not_fix_it(kind, told):
    assert _key_kind(SimpleNamespace(algorithm=kind, bit_size=2048)) == told
