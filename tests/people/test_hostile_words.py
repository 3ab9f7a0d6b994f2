"""Words of answers, checklists and people on a terminal, names that are one name, and keys that are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from raudit.checklists.form.load import parse_checklist
from raudit.cli import main
from raudit.errors import PeopleError
from raudit.people import parse_people
from raudit.printable import for_stream
from raudit.spelling import spelling

from .conftest import answers_text, checklist_text

HOSTILE = r'"x\a\u202e\rY\u2028Z\n::error::forged ##[error]q\nsigned   dpo, forged\e[8m"'
"""As YAML writes it."""
ACTS = {
    "a bell": "\x07",
    "writing turned around": "\u202e",
    "a carriage return": "\r",
    "a line separator": "\u2028",
    "concealed text": "\x1b[8m",
    "a command of a runner": re.compile(r"(?m)^\s*::error|##\[error"),
    "an entry of ours": re.compile(r"(?m)^signed   dpo"),
}


def run(capsys, *args: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    out = capsys.readouterr()
    return int(str(ended.value.code or 0)), out.out + out.err


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch) -> Path:
    """A form and answers, every text of which wants to do something."""
    monkeypatch.chdir(tmp_path)
    text = checklist_text()
    for old in ("title: Small", "about: A small checklist.", "title: The only section"):
        text = text.replace(old, f"{old.split(':')[0]}: {HOSTILE}")
    text = text.replace('"What of a?"', HOSTILE).replace("why: because", f"why: {HOSTILE}")
    (tmp_path / "small.yaml").write_text(text)
    said = (
        f"answers:\n  a: {{value: {HOSTILE}, by: {HOSTILE}}}\n"
        f"  b: {{state: unknown, why: {HOSTILE}, owner: {HOSTILE}, due: 2027-01-01, by: ann}}\n"
        f"  c: {{value: x, by: ann, review: {{state: to_correct, by: {HOSTILE}, note: {HOSTILE}}}}}\n"
        f"signoffs:\n  - {{role: dpo, decision: approve, by: {HOSTILE}, at: 2026-11-20T12:00:00Z, "
        f"covers_sha256: {'0' * 64}}}\n"
    )
    answers = answers_text(parse_checklist(text).sha256, said).replace("Credit", HOSTILE)
    (tmp_path / "small-answers.yaml").write_text(answers)
    plain = answers_text(parse_checklist(text).sha256, "answers:\n  a: {value: y, by: ann}\n")
    (tmp_path / "plain.yaml").write_text(plain)
    return tmp_path / "small-answers.yaml"


COMMANDS = [
    ("assess", "status", "small-answers.yaml"),
    ("assess", "show", "small-answers.yaml"),
    ("assess", "brief", "small-answers.yaml"),
    ("assess", "register", "small-answers.yaml"),
    ("assess", "diff", "small-answers.yaml"),
    ("assess", "diff", "plain.yaml", "small-answers.yaml"),
    ("assess", "lint", "small.yaml"),
    ("assess", "notes", "small-answers.yaml", "a", "--by", "ann", "--say", "n\x07\n::error::x"),
    ("assess", "history", "small-answers.yaml"),
]


def test_no_text_of_a_form_or_of_answers_acts_on_what_shows_it(hostile, capsys):
    acted = {}
    for command in COMMANDS:
        status, said = run(capsys, *command)
        assert status != 4, said
        if command[1] in ("status", "show", "diff"):
            assert "forged" in said  # it is shown, and does nothing
        acted[command[1:]] = [
            name
            for name, sign in ACTS.items()
            if (sign in said if isinstance(sign, str) else sign.search(said))
        ]
    assert not any(acted.values()), acted


def test_our_own_colours_stay_and_bytes_and_tabs_are_left_alone():
    said = "\x1b[1;31mbad\x1b[0m\tand \x1b[2mdim\x1b[0m\n"
    assert for_stream(said) == said
    assert for_stream("a\x1b[40mb") == r"a\x1b[40mb"
    assert for_stream("a\x1b[2Kb\n") == "a\\x1b[2Kb\n"


ONE_NAME = {
    "as letters and marks": ("José", "Jose\u0301"),
    "wide letters": ("ann", "ａｎｎ"),
    "a space of no width": ("ann", "a\u200bnn"),
    "a mark of direction": ("ann", "ann\u200f"),
    "a soft hyphen": ("ann", "an\u00adn"),
    "a selector of variants": ("ann", "ann\ufe0f"),
    "a tag": ("ann", "ann\U000e0061"),
    "a filler": ("ann", "ann\u3164"),
    "a joiner of nothing": ("ann", "an\u034fn"),
    "a space that does not break": ("Ann Lee", "ann\u00a0 LEE "),
    "capitals with a point": ("İnce", "i\u0307nce"),
}


@pytest.mark.parametrize("name", ONE_NAME)
def test_two_encodings_of_a_name_are_one_person(name):
    one, other = ONE_NAME[name]
    assert spelling(one) == spelling(other)
    listed = f'schema: raudit.people/1\npeople:\n  - {{id: p1, name: {one}}}\n  - {{id: p2, name: "{other}"}}\n'
    with pytest.raises(PeopleError, match="two people are known by one name"):
        parse_people(listed)
    assert spelling("ann") != spelling("\u0430nn")  # Cyrillic: it looks alike, and is another


@pytest.mark.parametrize("field", ["name", "known_as", "role", "system"])
@pytest.mark.parametrize(
    "text", [r"x\ny: forged", r"x\e[2J", r"\u202Eabc", r"a\u2066b", r"a\u2029b"]
)
def test_a_name_that_ends_its_line_or_turns_it_is_refused(field, text):
    value = {
        "name": f'name: "{text}"',
        "known_as": f'known_as: ["{text}"]',
        "role": f'roles: ["{text}"]',
        "system": f'roles: [{{role: dpo, systems: "{text}"}}]',
    }[field]
    with pytest.raises(PeopleError, match="one line, without control characters"):
        parse_people(f"schema: raudit.people/1\npeople:\n  - {{id: p, {value}}}\n")
    plain = 'schema: raudit.people/1\npeople:\n  - {id: p, name: "عمر\\u200c Ann 🙂"}\n'
    assert parse_people(plain).by_id["p"].name


def pem(public) -> str:
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return "".join(f"          {line}\n" for line in text.splitlines())


def of_order_8(sign: int = 0, odd: bool = False):
    y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    y = (1 << 255) - 19 - y if odd else y
    return ed25519.Ed25519PublicKey.from_public_bytes((y | sign << 255).to_bytes(32, "little"))


def ed(data: bytes):
    return ed25519.Ed25519PublicKey.from_public_bytes(data)


WEAK = {
    "the neutral point": lambda: ed(b"\x01" + bytes(31)),
    "the neutral point, written above the prime": lambda: ed(b"\xee" + b"\xff" * 30 + b"\x7f"),
    "order 2": lambda: ed(b"\xec" + b"\xff" * 30 + b"\x7f"),
    "order 4": lambda: ed(bytes(32)),
    "order 8": of_order_8,
    "order 8, the other sign": lambda: of_order_8(sign=1),
    "order 8, the other ordinate": lambda: of_order_8(odd=True),
    "another curve": lambda: ec.generate_private_key(ec.SECP256K1()).public_key(),
    "a short curve": lambda: ec.generate_private_key(ec.SECP192R1()).public_key(),
    "an exponent of 1": lambda: rsa.RSAPublicNumbers(1, (1 << 2047) + 1).public_key(),
    "a short modulus": lambda: rsa.RSAPublicNumbers(65537, (1 << 1023) + 1).public_key(),
}


@pytest.mark.parametrize("name", WEAK)
def test_a_key_under_which_a_signature_proves_nothing_is_refused(name):
    try:
        public = WEAK[name]()
    except ValueError:  # the library refuses it by itself
        return
    people = "schema: raudit.people/1\npeople:\n  - id: p\n    keys:\n      - public_key: |\n"
    with pytest.raises(PeopleError, match="no key that can be used"):
        parse_people(people + pem(public))
    fine = ed25519.Ed25519PrivateKey.generate().public_key()
    assert parse_people(people + pem(fine)).keys("p")


def test_anyone_signs_anything_under_the_neutral_point():
    """Why such keys are refused: this is no signature by anybody, and it verifies."""
    neutral = ed(b"\x01" + bytes(31))
    assert neutral.verify(b"\x01" + bytes(63), b"whatever is stated") is None  # else it raises


def test_a_file_that_holds_no_key_is_refused_in_words(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("people.yaml").write_text("schema: raudit.people/1\npeople:\n  - {id: ann}\n")
    Path("bytes").write_bytes(b"\xff\xfe\x00")
    Path("deep").write_text("[" * 100_000)
    for option, path in (
        ("--ssh", "nowhere"),
        ("--ssh", "bytes"),
        ("--passkey", "people.yaml"),
        ("--passkey", "deep"),
        ("--certificate", "bytes"),
    ):
        status, said = run(capsys, "people", "enrol", "ann", option, path)
        assert status == 2
        assert path in said
    private = ed25519.Ed25519PrivateKey.generate()
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    Path("secret").write_text(text)
    status, said = run(capsys, "people", "enrol", "ann", "--public-key", "secret")
    assert status == 2
    assert "is a private key" in said
    assert text.splitlines()[1] not in said
