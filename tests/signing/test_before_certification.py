"""What an issuer's own key can be made to certify, and the fault that names it; and promises checked one by one."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, String

from raudit.errors import UsageError
from raudit.signing import sign as signing
from raudit.signing.check import check_pdf
from raudit.signing.keys import SigningKey, load_signer
from raudit.signing.selfsigned import init_keys
from raudit.signing.sign import certify, countersign, renew_archive
from raudit.signing.sources import PemFiles
from raudit.signing.timestamping import Level, TimeStamping
from raudit.signing.verdict import FaultCode

Change = Callable[[pikepdf.Pdf], None]
pytestmark = pytest.mark.filterwarnings(
    "ignore:This document has 1 form widget"
)  # one is on purpose


def annotation(pdf: pikepdf.Pdf, **entries: Any) -> None:
    item = pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=Array([0, 0, 600, 800]), **entries))
    page = pdf.pages[0].obj
    page.Annots = Array([*page.get("/Annots", ()), item])


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def open_action(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = script()


def additional_actions(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AA = Dictionary(WC=script())


def named_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("a"), script()]))


def page_action(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.AA = Dictionary(O=script())


def web_link(pdf: pikepdf.Pdf) -> None:
    annotation(
        pdf, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("http://elsewhere.example"))
    )


def launch(pdf: pikepdf.Pdf) -> None:
    annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String("calc.exe")))


def other_file(pdf: pikepdf.Pdf) -> None:
    annotation(
        pdf,
        Subtype=Name.Link,
        A=Dictionary(S=Name.GoToR, F=String("b.pdf"), D=Array([0, Name.Fit])),
    )


def going_on(pdf: pikepdf.Pdf) -> None:
    going = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]), Next=script())
    annotation(pdf, Subtype=Name.Link, A=going)


def attached_to_page(pdf: pikepdf.Pdf) -> None:
    annotation(pdf, Subtype=Name.FileAttachment)


def note(pdf: pikepdf.Pdf) -> None:
    annotation(pdf, Subtype=Name.FreeText, Contents=String("PASSED"))


def outline(pdf: pikepdf.Pdf) -> None:
    item = pdf.make_indirect(Dictionary(Title=String("Details"), A=script()))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=item, Count=1))


def text_field(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("verdict"))))


def field_action(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].AA = Dictionary(K=script())


def forms_of_another_kind(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp/>")


def layers(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OCProperties = Dictionary(OCGs=Array())


def base_address(pdf: pikepdf.Pdf) -> None:
    pdf.Root.URI = Dictionary(Base=String("http://elsewhere.example"))


def drawn(pdf: pikepdf.Pdf, kind: Name = Name.Form, **entries: Any) -> None:
    stream = pdf.make_stream(b"", Type=Name.XObject, Subtype=kind, BBox=Array([0, 0, 9, 9]))
    for key, entry in entries.items():
        stream[f"/{key}"] = entry
    inner = pdf.make_stream(
        b"/X Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9])
    )
    inner.Resources = Dictionary(XObject=Dictionary(X=stream))
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=inner)


def page_of_another_file(pdf: pikepdf.Pdf) -> None:
    drawn(pdf, Ref=Dictionary(F=String("other.pdf"), Page=0))


def another_picture_for_the_printer(pdf: pikepdf.Pdf) -> None:
    drawn(pdf, Name.Image, Alternates=Array())


def picture_of_another_file(pdf: pikepdf.Pdf) -> None:
    drawn(pdf, Name.Image, OPI=Dictionary())


def program_for_the_printer(pdf: pikepdf.Pdf) -> None:
    drawn(pdf, Name.PS)


def words_of_another_file(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Contents.F = String("words.txt")


def attached_to_a_page(pdf: pikepdf.Pdf) -> None:
    spec = AttachedFileSpec(pdf, b'{"verdict":"failed"}', filename="record.json")
    pdf.pages[0].obj.AF = Array([pdf.make_indirect(spec.obj)])


def text_field_outside_the_form(pdf: pikepdf.Pdf) -> None:
    annotation(pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("v"), V=String("PASSED"))


ACTIVE: list[Change] = [
    page_of_another_file,
    another_picture_for_the_printer,
    picture_of_another_file,
    program_for_the_printer,
    words_of_another_file,
    attached_to_a_page,
    text_field_outside_the_form,
    open_action,
    additional_actions,
    named_script,
    page_action,
    web_link,
    launch,
    other_file,
    going_on,
    attached_to_page,
    note,
    outline,
    text_field,
    field_action,
    forms_of_another_kind,
    layers,
    base_address,
]


def second_associated(pdf: pikepdf.Pdf) -> None:
    spec = AttachedFileSpec(pdf, b'{"verdict":"failed"}', filename="record.json")
    pdf.Root.AF.append(pdf.make_indirect(spec.obj))


def second_in_the_tree(pdf: pikepdf.Pdf) -> None:
    spec = AttachedFileSpec(pdf, b'{"verdict":"failed"}', filename="record.json")
    pdf.attachments["0"] = spec


def other_letters(pdf: pikepdf.Pdf) -> None:
    spec = AttachedFileSpec(pdf, b'{"verdict":"failed"}', filename="Record.JSON")
    pdf.attachments["0"] = spec


def two_names(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].F = String("other.json")


def two_contents(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.UF = pdf.make_stream(b"{}")


def content_of_another_file(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.F.F = String("record.json")


def content_for_another_system(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].EF.Unix = pdf.make_stream(b'{"verdict":"failed"}')


def names_exchanged_in_the_tree(pdf: pikepdf.Pdf) -> None:
    """Some readers go by the tree's names, others by those that the files give themselves."""
    other = AttachedFileSpec(pdf, b'{"verdict":"failed"}', filename="0.json").obj
    record = pdf.Root.AF[0]
    pairs = [String("0.json"), record, String("record.json"), pdf.make_indirect(other)]
    pdf.Root.Names.EmbeddedFiles = Dictionary(Names=Array(pairs))


def attached_as(pdf: pikepdf.Pdf, name: str) -> None:
    pdf.attachments[name] = AttachedFileSpec(pdf, b'{"verdict":"failed"}', filename=name)


def a_name_with_a_letter_that_nobody_sees(pdf: pikepdf.Pdf) -> None:
    attached_as(pdf, "record\u200b.json")


def a_name_with_a_letter_that_looks_like_another(pdf: pikepdf.Pdf) -> None:
    attached_as(pdf, "r\u0435cord.json")


def a_name_that_is_a_path(pdf: pikepdf.Pdf) -> None:
    attached_as(pdf, "./record.json")


DOUBLED: list[Change] = [
    content_of_another_file,
    content_for_another_system,
    names_exchanged_in_the_tree,
    a_name_with_a_letter_that_nobody_sees,
    a_name_with_a_letter_that_looks_like_another,
    a_name_that_is_a_path,
    second_associated,
    second_in_the_tree,
    other_letters,
    two_names,
    two_contents,
]


def changed(base: bytes, change: Change) -> bytes:
    with pikepdf.open(io.BytesIO(base)) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


@pytest.mark.parametrize("change", [*ACTIVE, *DOUBLED], ids=lambda change: change.__name__)
def test_what_a_report_has_no_use_for_is_refused_though_certified(
    change: Change,
    base_pdf: bytes,
    local_key: SigningKey,
    local_trust: list[bytes],
    clock: datetime,
) -> None:
    pdf = certify(changed(base_pdf, change), local_key, reason="Issued", name="Issuer", clock=clock)
    expected = FaultCode.ACTIVE_CONTENT if change in ACTIVE else FaultCode.DOUBLED_ATTACHMENT
    assert {fault.code for fault in check_pdf(pdf, trust=local_trust).faults} == {expected}


def in_the_tree(pdf: pikepdf.Pdf) -> None:
    for number in range(4):
        attached_as(pdf, f"{number}.json")


def in_branches_of_the_tree(pdf: pikepdf.Pdf) -> None:
    kids = [pdf.make_indirect(Dictionary(Names=Array())) for _ in range(4)]
    pdf.Root.Names.EmbeddedFiles = Dictionary(Kids=Array([*kids, pdf.Root.Names.EmbeddedFiles]))


def associated(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF = Array([pdf.Root.AF[0]] * 5)


@pytest.mark.parametrize("change", [in_the_tree, in_branches_of_the_tree, associated])
def test_an_attachment_beyond_the_last_that_is_looked_at_is_not_passed_over(
    change: Change,
    base_pdf: bytes,
    local_key: SigningKey,
    local_trust: list[bytes],
    clock: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pdf = certify(changed(base_pdf, change), local_key, reason="Issued", name="Issuer", clock=clock)
    assert check_pdf(pdf, trust=local_trust).holds
    monkeypatch.setattr("raudit.signing.embedded.MAX_FILES", 3)
    found = {fault.code for fault in check_pdf(pdf, trust=local_trust).faults}
    assert found == {FaultCode.UNREADABLE}


def test_a_plain_report_and_links_within_it_are_fine(
    base_pdf: bytes, local_key: SigningKey, local_trust: list[bytes], clock: datetime
) -> None:
    def inner_link(pdf: pikepdf.Pdf) -> None:
        going = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]))
        annotation(pdf, Subtype=Name.Link, A=going)

    for base in (base_pdf, changed(base_pdf, inner_link)):
        pdf = certify(base, local_key, reason="Issued", name="Issuer", clock=clock)
        assert check_pdf(pdf, trust=local_trust).holds


@pytest.mark.parametrize(
    "role", ["issuer", "Issuer", " ISSUER ", "i s s u e r", "ｉｓｓｕｅｒ", "issuer."]
)
def test_nobody_counter_signs_as_the_issuer(
    role: str, certified: bytes, local_key: SigningKey, clock: datetime
) -> None:
    with pytest.raises(UsageError, match="nobody counter-signs as the issuer"):
        countersign(certified, local_key, role=role, name="Reviewer", clock=clock)


@pytest.mark.parametrize("days", [-400, 4000])
def test_a_claimed_time_outside_the_certificates_validity_is_refused(
    days: int,
    base_pdf: bytes,
    local_key: SigningKey,
    local_trust: list[bytes],
    clock: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signing, "_check_validity", lambda key, clock: None)
    claimed = clock + timedelta(days=days)
    pdf = certify(base_pdf, local_key, reason="Issued", name="Issuer", clock=claimed)
    check = check_pdf(pdf, trust=local_trust, at=clock)
    assert {fault.code for fault in check.faults} == {FaultCode.CLAIMED_TIME}
    assert not check.signatures[0].trusted


def test_a_document_time_stamp_moves_the_judged_time_back(
    authority: Any, base_pdf: bytes, clock: datetime
) -> None:
    """A signature without a stamp of its own is judged when the document's stamp was made, not when it is read."""
    plain = certify(
        base_pdf, authority.signer("issuer"), reason="Issued", name="Issuer", clock=clock
    )
    tsa = TimeStamping(url=authority.tsa(), level=Level.B_LTA, trust=(authority.root,))
    later = clock + timedelta(days=2000)
    assert {fault.code for fault in check_pdf(plain, trust=[authority.root], at=later).faults} == {
        FaultCode.OUTSIDE_VALIDITY
    }
    check = check_pdf(renew_archive(plain, tsa), trust=[authority.root], at=later)
    assert check.faults == ()
    assert [item.judged_at for item in check.signatures] == [clock, later]


def test_a_self_signed_stranger_is_untrusted_and_not_broken(
    certified: bytes,
    local_key: SigningKey,
    local_trust: list[bytes],
    clock: datetime,
    tmp_path: Path,
) -> None:
    made = init_keys(tmp_path / "k", name="Dora", clock=clock)
    with load_signer(PemFiles(key=made.key, certificate=made.certificate)) as stranger:
        pdf = countersign(certified, stranger, role="dpo", name="Dora", clock=clock)
    check = check_pdf(pdf, trust=local_trust, at=clock)
    assert [(fault.code, fault.field) for fault in check.faults] == [
        (FaultCode.UNTRUSTED_SIGNER, "raudit-reviewer-1")
    ]
    assert check.intact
    assert not check.holds


def test_bytes_behind_the_container_are_refused(certified: bytes, local_trust: list[bytes]) -> None:
    """The place for the signature is padded with zeros that no signature covers."""
    start = certified.index(b"/Contents <") + len(b"/Contents <")
    end = certified.index(b">", start)
    assert certified[end - 8 : end] == b"00000000"
    forged = certified[: end - 8] + b"12345678" + certified[end:]
    faults = check_pdf(forged, trust=local_trust).faults
    assert [(fault.code, fault.detail) for fault in faults] == [
        (FaultCode.CONTAINER, "there are bytes behind it")
    ]


def test_an_attachment_added_later_is_named_by_our_own_comparison(
    certified: bytes, base_pdf: bytes
) -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader

    from raudit.signing.changes import later_faults

    def add(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["more.txt"] = AttachedFileSpec(pdf, b"more", filename="more.txt")

    def read(pdf: bytes) -> Any:
        return PdfFileReader(io.BytesIO(pdf))

    assert later_faults(read(base_pdf), read(certified)) == []
    (fault,) = later_faults(read(base_pdf), read(changed(base_pdf, add)))
    assert (fault.code, "more.txt" in fault.detail) == (FaultCode.ATTACHMENT_CHANGED, True)


@pytest.mark.parametrize("change", [*ACTIVE, *DOUBLED], ids=lambda change: change.__name__)
def test_what_was_put_in_before_certification_fails_the_first_step(
    change: Change,
    base_pdf: bytes,
    local_key: SigningKey,
    local_trust: list[bytes],
    clock: datetime,
) -> None:
    from raudit.verify import StepStatus, verify_report

    pdf = certify(changed(base_pdf, change), local_key, reason="Issued", name="Issuer", clock=clock)
    found = verify_report(pdf, trust=local_trust)
    failed = [step.number for step in found.steps if step.status is StepStatus.FAILED]
    assert (failed[0], found.exit_status) == (1, 6)
    assert {2, 3}.isdisjoint(failed)
