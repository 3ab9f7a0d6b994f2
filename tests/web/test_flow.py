"""One assessment from the first answer to a verified signature, in a real browser; the files are checked offline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raudit.checklists import load_answers, load_checklist
from raudit.emit import enrolment_of
from raudit.log import open_log
from raudit.people import load_people
from raudit.statements import check_statements, read_statements

PASSWORD = "a long enough phrase"


AXE = (Path(__file__).parent / "axe-core-4.14.1.min.js").read_text()
CHECK = "() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160)).join(' | ')))"


def clean(page: Any) -> None:
    """The state that a page is in has nothing that axe names, and fits a telephone."""
    wide = page.viewport_size
    for width in (wide["width"], 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(AXE)
        assert page.evaluate(CHECK) == []
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.set_viewport_size(wide)


def sign_in(browser: Any, base: str, person: str) -> Any:
    page = browser.new_context(base_url=base).new_page()
    page.set_default_timeout(20_000)
    page.faults = []
    page.on(
        "console", lambda m: page.faults.append(m.text) if "Content Security" in m.text else None
    )
    page.on("pageerror", lambda e: page.faults.append(str(e)))
    page.on(
        "request",
        lambda r: (
            page.faults.append(r.url) if not r.url.startswith((base, "data:", "blob:")) else None
        ),
    )
    page.goto("/accounts/login/")
    page.fill("#id_login", f"{person}@example.org")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url(f"{base}/")
    return page


def authenticator(page: Any, *, verified: bool = True) -> Any:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
    }
    options |= {"isUserVerified": verified, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp


def add_passkey(page: Any) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        page.fill("input[type=password]", PASSWORD)
        page.press("input[type=password]", "Enter")
        page.wait_for_url("**/2fa/webauthn/add/**")
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/add/" not in url)


A = "/s/credit/a/small/"


def answer_all(page: Any) -> None:
    page.goto(A + "section/first/")
    page.fill("[id='v-first-what']", "Credit lines")
    page.get_by_label("Yes", exact=True).check()
    page.wait_for_selector(".appeared a")  # saved as it was left, and another question follows
    page.click(".appeared a")
    page.fill("[id='v-first-harm']", "People who are refused")
    page.get_by_label("It decides").check()
    page.wait_for_selector("#st-first-kind .ok")
    page.click("text=Save and continue")
    page.wait_for_url("**/section/second/")
    page.get_by_label("Names", exact=True).check()
    page.fill("[id='v-second-share']", "12000")
    page.fill("[id='v-second-day']", "2026-02-01")
    page.fill("[id='v-second-who']", "olga")
    page.fill("[name='r:second.risks:0:what']", "Refused by mistake")
    page.select_option("[name='r:second.risks:0:level']", "high")
    page.click("text=Save and continue")
    page.wait_for_url("**" + A)


def review(page: Any, send_back: int) -> None:
    page.goto(A + "review/")
    for number in range(20):
        if not page.query_selector("#review"):
            break
        if number < send_back:
            page.fill("#note", f"Say more, please ({number})")
            page.click("button[value=to_correct]")
        else:
            page.locator("body").press("a")  # by keyboard
        # By passkey a statement is shown in between, and signed without another click.
        page.wait_for_url("**/review/")
        page.wait_for_selector(".said")
    assert page.query_selector("text=Nothing is left for you to review")


def test_from_first_answer_to_verified_signature(served: Any, chromium: Any) -> None:
    ann = sign_in(chromium, served.base, "ann")
    answer_all(ann)
    ann.click("text=Submit for review")
    ann.wait_for_selector("text=the reviewers are told")
    clean(ann)

    rex = sign_in(chromium, served.base, "rex")
    assert "Review answers" in rex.inner_text("main")
    review(rex, send_back=2)

    ann.goto("/")
    assert "Mend what was sent back" in ann.inner_text("main")
    ann.goto(A + "section/first/")
    assert ann.locator(".returned").count() == 2
    clean(ann)
    ann.fill("[id='v-first-what']", "Credit lines up to 5,000")
    ann.click("text=Save and go back to the list")
    ann.wait_for_url("**" + A)
    ann.goto(A + "section/first/")
    for choice in ("No", "Yes"):
        with ann.expect_response(lambda r: r.request.method == "POST"):
            ann.get_by_label(choice, exact=True).check()
    ann.goto(A)
    ann.click("text=Submit for review")
    ann.wait_for_selector("text=the reviewers are told")
    authenticator(rex)
    add_passkey(rex)
    review(rex, send_back=0)  # each signed by passkey, as soon as it is decided

    olga = sign_in(chromium, served.base, "olga")
    authenticator(olga)
    add_passkey(olga)
    olga.goto("/")
    olga.click("text=Sign as system owner")
    olga.wait_for_url("**/sign/")
    olga.check("#d-approve_with_conditions")
    olga.locator("[name=what]").first.fill("Look again in spring")
    olga.locator("[name=owner]").first.fill("ann")
    olga.locator("[name=due]").first.fill("2027-03-01")
    olga.click("text=Show the statement")
    olga.wait_for_selector("#signing")
    clean(olga)
    olga.click("#sign")
    olga.wait_for_url("**" + A)
    assert "Signed." in olga.inner_text(".said")
    assert "approved with conditions" in olga.inner_text("main")
    clean(olga)
    for page in (ann, rex, olga):
        assert page.faults == []

    folder = Path(served.folder)
    checklist = load_checklist(folder / "credit" / "small.yaml")
    answers = folder / "credit" / "answers" / "small.yaml"
    assert load_answers(answers, checklist).file.signoffs[0].by == "olga"
    with open_log(folder / "raudit-log.db") as log:
        outcomes = check_statements(
            read_statements(answers),
            load_people(folder / "people.yaml"),
            enrolment=enrolment_of(log),
        )
        kinds = {entry.type for entry in log.entries()}
    assert {(o.standing, o.detail[:19]) for o in outcomes} == {("proven", "signed with passkey")}
    assert all("enrolled before" in outcome.detail for outcome in outcomes)
    signed = [(o.statement.kind, o.statement.person) for o in outcomes if o.statement]
    assert signed[-1] == ("sign-off", "olga")
    assert set(signed[:-1]) == {("review", "rex")}
    assert {"people.changed", "answers.changed", "review.given", "signoff.given"} <= kinds

    run_and_verify(served, chromium, folder)


def run_and_verify(served: Any, chromium: Any, folder: Path) -> None:
    opal = sign_in(chromium, served.base, "opal")
    opal.goto("/s/credit/runs/")
    opal.click("text=Start an audit")
    opal.wait_for_selector("main >> text=Findings", timeout=150_000)
    clean(opal)
    opal.goto("/s/credit/report/")
    with opal.expect_download() as waiting:
        opal.click("text=report.pdf >> nth=0")
    pdf = folder / "downloaded.pdf"
    waiting.value.save_as(pdf)
    opal.goto("/verify/")
    opal.set_input_files("input[type=file]", pdf)
    opal.click("main button")
    opal.wait_for_selector("#result")
    assert "VERIFIED" in opal.inner_text("#result")
    clean(opal)
    steps = opal.locator(".steps li").count()
    command = [
        sys.executable,
        "-m",
        "raudit",
        "verify",
        "--no-remake",
        str(pdf),
        "--json",
        "--trust",
        str(folder / "keys/raudit-signing.crt"),
        "--log-key",
        str(folder / "keys/log-vkey.txt"),
        "--log",
        str(folder / "raudit-log.db"),
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    said = json.loads(done.stdout)
    assert done.returncode == 0, said
    assert len(said["steps"]) == steps == 11
    assert (
        said["steps"][-1]["status"] == "ok"
    )  # the passkey's statement, checked offline from the report alone
    assert opal.faults == []


PAGES = {
    "ann": ["/", A, A + "section/first/", A + "section/second/", A + "q/first.what/", A + "import/", "/s/credit/", "/s/credit/findings/",
            "/s/credit/runs/", "/s/credit/report/", "/s/credit/runs/trend/", "/s/credit/runs/compare/", "/notices/", "/help/", "/account/",
            "/verify/", "/accounts/2fa/", "/accounts/password/", "/nowhere/", "/accounts/2fa/webauthn/"],
    "adam": ["/people/", "/new/", "/log/", "/log/0/", "/log/?hunt=1", "/s/credit/a/small/review/"],
    "olga": [A + "sign/"],
    "rex": [A + "review/"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    served: Any, chromium: Any, dark: bool
) -> None:
    found = []
    for person, paths in PAGES.items():
        page = sign_in(chromium, served.base, person)
        page.emulate_media(color_scheme="dark" if dark else "light")
        for path in paths:
            page.goto(path)
            for width in (1280, 768, 320):
                page.set_viewport_size({"width": width, "height": 800})
                page.evaluate(AXE)
                found += [(path, width, said) for said in page.evaluate(CHECK)]
                if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    found.append((path, width, "wider than the window"))
    assert found == []


@pytest.mark.slow
def test_everything_but_the_passkey_works_without_javascript(served: Any, chromium: Any) -> None:
    page = chromium.new_context(base_url=served.base, java_script_enabled=False).new_page()
    page.goto("/accounts/login/")
    page.fill("#id_login", "ann@example.org")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.goto(A + "section/first/")
    page.fill("[id='v-first-what']", "Without a script")
    page.check("[id='v-first-people-no']")
    page.check("[id='v-first-kind-advice']")
    page.click("text=Save and go back to the list")
    assert "3 answers are saved" in page.inner_text(".said")


@pytest.mark.slow
def test_an_answer_by_keyboard_alone(served: Any, chromium: Any) -> None:
    page = sign_in(chromium, served.base, "ann")
    page.goto(A + "section/first/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type("Typed")
    with page.expect_response(lambda r: r.request.method == "POST"):
        page.keyboard.press("Tab")
    assert "Typed" in (Path(served.folder) / "credit/answers/small.yaml").read_text()
