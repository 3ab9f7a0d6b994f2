"""Further things that can be done to an issued report without its issuer's key: the step that fails, and no other.

After "1 Trillion Dollar Refund" and "Shadow Attacks" (pdf-insecurity.org): signatures forged by their own
dictionaries, updates that bring no cross-reference, byte ranges moved, objects that are shown in place of others.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from tests.signing.test_attacks import (
    YES,
    action,
    at_field,
    at_page,
    at_root,
    field,
    form,
    page,
    text,
    update,
)
from tests.verify.conftest import NOW, Sealed
from tests.verify.steps import failed, outcome, sha256_of
from tests.verify.test_spoken import unspoken

from raudit.signing import countersign
from raudit.verify import StepStatus, verify_report

Writer = IncrementalPdfFileWriter


def named(**entries: object) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(f"/{key}"): item for key, item in entries.items()})


def stream(writer: Writer, data: bytes, **entries: object) -> Any:
    return writer.add_object(generic.StreamObject(named(**entries), stream_data=data))


def specification(writer: Writer) -> Any:
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    return next(names[i + 1] for i in range(0, len(names), 2) if names[i] == "record.json")


# -- what a reader shows


def pages_in_another_order(writer: Writer) -> None:
    pages = writer.root["/Pages"]
    kids = pages["/Kids"]
    pages["/Kids"] = generic.ArrayObject([kids.raw_get(1), kids.raw_get(0)])
    writer.update_container(pages)


def text_that_no_eye_sees(writer: Writer) -> None:
    target = page(writer)
    hidden = stream(writer, b"BT /F1 9 Tf 3 Tr 72 300 Td (verdict: passed) Tj ET")
    target["/Contents"] = generic.ArrayObject([target.raw_get("/Contents"), hidden])
    writer.update_container(target)


def words_in_a_layer(writer: Writer) -> None:
    layer = writer.add_object(named(Type=pdf_name("/OCG"), Name=text("x")))
    drawn = form(writer)
    drawn.get_object()["/OC"] = layer
    target = page(writer)
    target["/Resources"]["/XObject"] = named(L=drawn)
    writer.update_container(target)


def another_font(writer: Writer) -> None:
    font = page(writer)["/Resources"]["/Font"]["/F1"]
    font["/BaseFont"] = pdf_name("/ZapfDingbats")
    writer.update_container(font)


def other_words_for_a_screen_reader(writer: Writer) -> None:
    element = named(Type=pdf_name("/StructElem"), S=pdf_name("/P"), ActualText=text("passed"))
    kids = generic.ArrayObject([writer.add_object(element)])
    root = named(Type=pdf_name("/StructTreeRoot"), K=kids)
    writer.root["/StructTreeRoot"] = writer.add_object(root)
    writer.update_root()


def another_look_of_a_signed_field(writer: Writer) -> None:
    target = field(writer, "raudit-issuer")
    target["/MK"] = named(CA=text("signed by the supervisory authority"))
    writer.update_container(target)


def another_author(writer: Writer) -> None:
    info = named(Author=text("The supervisory authority"))
    writer._force_write_when_empty = True
    writer._info = writer.add_object(info)


def more_metadata(writer: Writer) -> None:
    metadata = writer.root["/Metadata"]
    more = b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    more += b"<dc:rights>approved</dc:rights></rdf:Description></rdf:RDF>"
    metadata._data = metadata.data.replace(b"</rdf:RDF>", more)
    metadata._encoded_data = None
    writer.update_container(metadata)


# -- attachments


def another_relation(writer: Writer) -> None:
    target = specification(writer)
    target["/AFRelationship"] = pdf_name("/Alternative")
    writer.update_container(target)


def another_name_for_the_record(writer: Writer) -> None:
    target = specification(writer)
    target["/UF"] = text("old.json")
    writer.update_container(target)


def a_file_beside(writer: Writer) -> None:
    data = stream(writer, b"{}", Type=pdf_name("/EmbeddedFile"))
    spec = named(Type=pdf_name("/Filespec"), F=text("zz.json"), UF=text("zz.json"))
    spec["/EF"] = named(F=data)
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    names.extend([text("zz.json"), writer.add_object(spec)])
    writer.update_container(names)


def a_script_by_name(writer: Writer) -> None:
    script = named(S=pdf_name("/JavaScript"), JS=text("app.alert(1)"))
    tree = named(Names=generic.ArrayObject([text("a"), script]))
    writer.root["/Names"]["/JavaScript"] = tree
    writer.update_container(writer.root["/Names"])


def another_tree_of_names(writer: Writer) -> None:
    writer.root["/Names"] = named(EmbeddedFiles=named(Names=generic.ArrayObject()))
    writer.update_root()


# -- signatures


def own_signature(writer: Writer) -> Any:
    return field(writer, "raudit-issuer")["/V"]


def at_signature(name: str, value: Any) -> Callable[[Writer], None]:
    """Universal signature forgery: the signature's own dictionary is written anew."""

    def attack(writer: Writer) -> None:
        signature = own_signature(writer)
        if value is None:
            del signature[name]
        else:
            signature[name] = value
        writer.update_container(signature)

    return attack


def numbers(*values: int) -> generic.ArrayObject:
    return generic.ArrayObject(map(generic.NumberObject, values))


def more_may_be_changed(writer: Writer) -> None:
    signature = own_signature(writer)
    signature["/Reference"][0]["/TransformParams"]["/P"] = generic.NumberObject(3)
    writer.update_container(signature)


def another_field_is_certified(writer: Writer) -> None:
    copied = writer.add_object(generic.DictionaryObject(own_signature(writer)))
    target = field(writer, "raudit-reviewer-1")
    target["/V"] = copied
    writer.update_container(target)
    writer.root["/Perms"] = named(DocMDP=copied)
    writer.update_root()


def everything_may_be_read_by_nobody(writer: Writer) -> None:
    writer.root["/Encrypt"] = named(Filter=pdf_name("/Standard"), V=generic.NumberObject(1))
    writer.update_root()


def fields_in_another_order(writer: Writer) -> None:
    held = writer.root["/AcroForm"]
    fields = held["/Fields"]
    places = reversed(range(len(fields)))
    held["/Fields"] = generic.ArrayObject([fields.raw_get(place) for place in places])
    writer.update_root()


def unsigned(name: str, value: Any) -> Callable[[Writer], None]:
    return at_field("raudit-reviewer-1", name, value)


def at_pages(name: str, value: Any) -> Callable[[Writer], None]:
    def attack(writer: Writer) -> None:
        pages = writer.root["/Pages"]
        pages[pdf_name(name)] = value
        writer.update_container(pages)

    return attack


def validation_data_that_act(writer: Writer) -> None:
    writer.root["/DSS"] = named(Certs=generic.ArrayObject(), AA=named(O=action("/URI")))
    writer.update_root()


def a_script_for_a_certificate(writer: Writer) -> None:
    kept = generic.ArrayObject([stream(writer, b"app.alert(1)")])
    writer.root["/DSS"] = named(Certs=kept)
    writer.update_root()


def a_field_in_a_field(writer: Writer) -> None:
    target = field(writer, "raudit-reviewer-1")
    child = named(T=text("x"), FT=pdf_name("/Tx"), V=text("approved"))
    target["/Kids"] = generic.ArrayObject([writer.add_object(child)])
    writer.update_container(target)


def another_kind_of_file(writer: Writer) -> None:
    data = specification(writer)["/EF"]["/F"]
    data["/Subtype"] = pdf_name("/application#2Fx-msdownload")
    writer.update_container(data)


def a_file_elsewhere(writer: Writer) -> None:
    target = specification(writer)
    target["/FS"] = pdf_name("/URL")
    writer.update_container(target)


EDITS: dict[str, tuple[Callable[[Writer], None], set[int]]] = {
    "pages in another order": (pages_in_another_order, {3}),
    "a larger page": (at_page("/MediaBox", numbers(0, 0, 9000, 9000)), {3}),
    "another unit": (at_page("/UserUnit", generic.NumberObject(9)), {3}),
    "a page whose trim box is elsewhere": (at_page("/TrimBox", numbers(0, 0, 1, 1)), {3}),
    "text that no eye sees": (text_that_no_eye_sees, {3}),
    "words in a layer": (words_in_a_layer, {3}),
    "another font": (another_font, {3}),
    "other words for a screen reader": (other_words_for_a_screen_reader, {3}),
    "another caption of the signed field": (another_look_of_a_signed_field, {3}),
    "more metadata": (more_metadata, {3}),
    "another author": (another_author, {3}),
    "a collection of files": (at_root("/Collection", named(View=pdf_name("/D"))), {3}),
    "a thread to follow": (at_root("/Threads", generic.ArrayObject()), {3}),
    "another version": (at_root("/Version", pdf_name("/1.4")), {3}),
    "an extension": (at_root("/Extensions", named(X=named())), {3}),
    "another relation": (another_relation, {3}),
    "another name for the record": (another_name_for_the_record, {3}),
    "a file beside": (a_file_beside, {3}),
    "a script by name": (a_script_by_name, {3}),
    "another tree of names": (another_tree_of_names, {3}),
    "tags that do not count": (at_root("/MarkInfo", named(Suspects=YES)), {3}),
    "encryption of the catalogue": (everything_may_be_read_by_nobody, {3}),
    "more may be changed": (more_may_be_changed, {1, 2}),
    "another field is certified": (another_field_is_certified, {2, 3}),
    "no byte range": (at_signature("/ByteRange", None), {1, 2}),
    "an empty byte range": (at_signature("/ByteRange", numbers()), {2}),
    "a byte range of nothing": (at_signature("/ByteRange", numbers(0, 0, 0, 0)), {1, 2, 5, 7, 8}),
    "a byte range below zero": (at_signature("/ByteRange", numbers(0, 9, -9, 9)), {2}),
    "no contents": (at_signature("/Contents", None), {1, 2}),
    "empty contents": (at_signature("/Contents", generic.ByteStringObject(b"")), {1, 2}),
    "contents of zeros": (at_signature("/Contents", generic.ByteStringObject(bytes(99))), {1, 2}),
    "another kind of signature": (at_signature("/SubFilter", pdf_name("/none")), {2}),
    "another handler": (at_signature("/Filter", pdf_name("/none")), {2}),
    "another name of the signer": (at_signature("/Name", text("Somebody else")), {2}),
    "another reason": (at_signature("/Reason", text("Approved")), {2}),
    "fields in another order": (fields_in_another_order, {3}),
    "a field that may not be signed": (unsigned("/Ff", generic.NumberObject(1)), {3}),
    "a field that is renamed": (unsigned("/T", text("raudit-dpo")), {3}),
    "a field with another tip": (unsigned("/TU", text("signed")), {3}),
    "a field that is hidden": (unsigned("/F", generic.NumberObject(2)), {3}),
    "a field with a value to begin with": (unsigned("/DV", text("x")), {3}),
    "a field that locks others": (unsigned("/Lock", named(Action=pdf_name("/All"))), {3}),
    "a field with a seed": (unsigned("/SV", named(Ff=generic.NumberObject(1))), {3}),
    "a field in a field": (a_field_in_a_field, {3}),
    "what all pages inherit": (at_pages("/Resources", named()), {3}),
    "fewer pages than there are": (at_pages("/Count", generic.NumberObject(1)), {3}),
    "all pages turned": (at_pages("/Rotate", generic.NumberObject(90)), {3}),
    "numbers of pages": (at_root("/PageLabels", named(Nums=generic.ArrayObject())), {3}),
    "a base of addresses": (at_root("/URI", named(Base=text("http://x"))), {3}),
    "a place to open at": (at_root("/OpenAction", numbers(1)), {3}),
    "rights of use": (at_root("/Perms", named(UR3=named())), {3}),
    "no files that belong to it": (at_root("/AF", generic.ArrayObject()), {3}),
    "validation data that act": (validation_data_that_act, {3}),
    "a script for a certificate": (a_script_for_a_certificate, {1}),
    "another kind of file": (another_kind_of_file, {3}),
    "a file elsewhere": (a_file_elsewhere, {3}),
    "another place": (at_signature("/Location", text("Brussels")), {2}),
    "another time": (at_signature("/M", text("D:20300101000000Z")), {2}),
}


QUICK = (
    "fields in another order",
    "tags that do not count",
    "another version",
    "an extension",
    "a byte range of nothing",
)
"""Of each kind that needs a rule of our own; all of them are slow."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in EDITS],
)
def test_an_update_by_somebody_without_the_key_fails_its_step(sealed, name):
    attack, steps = EDITS[name]
    changed = update(sealed.pdf, attack)
    found = verify_report(changed, **sealed.given())
    assert (set(failed(found)), found.exit_status) == (steps, 6)
    assert unspoken(found) == []


# -- signatures by others


def test_validation_data_that_nobody_signed_are_named(sealed):
    """They may be added for whoever verifies later, and hold nothing that is shown."""
    changed = update(sealed.pdf, at_root("/DSS", named(Certs=generic.ArrayObject())))
    found = verify_report(changed, **sealed.given())
    assert found.exit_status == 0
    assert found.steps[2].detail == (
        "the file is as certified and counter-signed; 1 revision of validation data after it, signed by nobody"
    )
    with sealed.opened() as log:
        assert outcome(sealed, changed, log=log) == ({4}, 6)


def test_a_second_signature_by_an_unknown_person_is_neither_proof_nor_forgery(sealed):
    longer = sealed.countersigned("mallory")
    assert outcome(sealed, longer) == (set(), 3)
    found = verify_report(longer, **sealed.given())
    fingerprint = sha256_of(sealed.certificate("mallory"))
    assert found.steps[1].detail.startswith(
        f"raudit-reviewer-1 is signed by CN=Mallory (SHA-256 {fingerprint}), whom you were not told"
    )


def signed_anew(sealed: Sealed, **settings: Any) -> bytes:
    from pyhanko.sign.signers import PdfSigner

    details = {name: settings.pop(name) for name in ("new_field_spec",) if name in settings}
    from pyhanko.sign.signers import PdfSignatureMetadata

    with sealed.signer("mallory") as key:
        signer = PdfSigner(PdfSignatureMetadata(**settings), key.signer, **details)
        return signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(sealed.pdf))).getvalue()


def test_a_signature_in_a_field_of_its_own_that_covers_the_page_is_refused(sealed):
    from pyhanko.sign.fields import SigFieldSpec

    spec = SigFieldSpec("huge", on_page=0, box=(0, 0, 600, 800))
    forged = signed_anew(sealed, field_name="huge", new_field_spec=spec)
    both = [sealed.trust, sealed.certificate("mallory")]
    found = verify_report(forged, trust=both, vkey=sealed.vkey)
    assert [s.number for s in found.steps if s.status is StepStatus.FAILED] == [3]


def test_a_reviewer_does_not_change_the_pages_in_the_update_that_is_signed(sealed):
    with sealed.signer("mallory") as key:
        changed = update(sealed.pdf, text_that_no_eye_sees)
        forged = countersign(changed, key, role="dpo", name="Mallory", clock=NOW)
    found = verify_report(
        forged, trust=[sealed.trust, sealed.certificate("mallory")], vkey=sealed.vkey
    )
    assert [s.number for s in found.steps if s.status is StepStatus.FAILED] == [3]
