"""Siblings of cases in which an identifier was missed: other wrappers, forms and columns, and what is nobody's."""

import random
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest

from raudit.data import wrap_table
from raudit.errors import PlanError
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.checksums import validator
from raudit.stages.pii.scanner import prepare
from raudit.yamltext import read_yaml

CASES = read_yaml(Path(__file__).with_name("siblings.yaml"), error=PlanError).value
N = 12
NAMES = {
    "name": "Anna Miller|Bob Baker|Carla Jordan|David Cooper|"
    "Emma Hughes|Frank Turner|Grace Nelson|Henry Foster",
    "amharic": "ሰለሞን ከበደ|ትዕግስት አለሙ|ዳዊት ተስፋዬ|ሜሮን ግርማ|ሳሙኤል አሰፋ|ሄለን በቀለ|ዮሐንስ ታደሰ|ራሔል መኮንን",
    "tamil": "ரமேஷ் குமார்|கவிதா செல்வம்|விஜய் ராமன்|மாலதி சுந்தரம்|கணேசன் முத்து|பிரியா நடராஜன்|உமா மோகன்|தினேஷ் ராஜா",
    "maori": "Wiremu Parata|Aroha Pōmare|Rawiri Tamihere|Ngaire Waititi|"
    "Hōne Karaka|Marama Ngata|Piripi Ruru|Kiri Rangihuna",
    "hawaiian": "Leilani Kealoha|Ikaika Kahale|Noelani Kalama|Kekoa Nāone|"
    "Keola Kapule|Puanani Kahele|Kaleo Keawe|Nani Kauhane",
}


def passing(check, body, alphabet="0123456789"):
    return next(body + c for c in alphabet if validator(check)(body + c))


def checked(check, body):
    """A number and the digit that makes it pass; nothing where none does."""
    return next((n for c in "0123456789" if validator(check)(n := f"{body}{c}")), "")


def grouped(number, *lengths):
    ends = [sum(lengths[:k]) for k in range(len(lengths) + 1)]
    return " ".join(number[a:b] for a, b in zip(ends, [*ends[1:], None], strict=True))


def digits(rng, n):
    return "".join(rng.choice("0123456789") for _ in range(n))


def made_up(rng, i):
    """One value of each kind."""
    card = passing("card", "4" + digits(rng, 14))
    iban_body = f"37040044{532013000 + i:010d}"
    iban = f"DE{98 - int(iban_body + '131400') % 97:02d}{iban_body}"
    cpf = next(
        c for k in range(100) if validator("br.cpf")(c := f"354.861.{500 + i % 400}-{k:02d}")
    )
    nhs = grouped(next(c for k in count(484699634 + 37 * i) if (c := checked("gb.nhs", k))), 3, 3)
    aadhaar = grouped(passing("in_.aadhaar", f"4846{9963412 + 37 * i}"), 4, 4)
    names = {kind: line.split("|") for kind, line in NAMES.items()}
    return {
        "i": i,
        "d": f"{10 + i}",
        "ssn": f"{219 + i}-{10 + i}-{1000 + 37 * i}",
        "card": card,
        "card spaced": " ".join(card[k : k + 4] for k in range(0, 16, 4)),
        "iban": iban,
        "iban spaced": " ".join(iban[k : k + 4] for k in range(0, len(iban), 4)),
        "email": f"anna.m{i}@example.org",
        "email tagged": f"Anna.M{i}+news@mail.example.co.uk",
        "phone": f"+1212555{1000 + 37 * i}",
        "phone grouped": f"+49 30 {1234567 + 37 * i}",
        "cpf": cpf,
        "nric": passing("sg_nric", f"S{8000000 + 7919 * i:07d}"[:8], "ABCDEFGHIJZ"),
        "wallet": f"0x{i:02x}5ec98bc5e3b5fc13aada35866ba173373bfeea",
        "ipv6": f"2001:db8:85a3::8a2e:370:{7000 + i}",
        "mac": f"00:1a:2b:3c:4d:{i:02x}",
        "nhs": nhs,
        "aadhaar": aadhaar,
        "pesel": passing("pl.pesel", f"{44 + i}051{i % 9 + 1:02d}135"),
        "imei": passing("imei", "35" + digits(rng, 12)),
        "iccid": passing("iccid", "8944" + digits(rng, 14)),
        "given": paired(names["name"], i).split()[0],
        "family": paired(names["name"], i).split()[1],
        "last": ", ".join(reversed(paired(names["name"], i).split())),
        **{kind: paired(line, i) for kind, line in names.items()},
    }


def paired(names, i):
    """One of the given names with one of the family names."""
    return f"{names[i % 8].split()[0]} {names[(3 * i + 1 + i // 8) % 8].split()[1]}"


def changed(value, how):
    match how:
        case "digits":
            return "".join(c for c in value if c.isdigit())
        case "sci":
            kept = value.rstrip("0")
            return f"{kept[0]}.{kept[1:] or '0'}E+{len(value) - 1:02d}"
        case "thousands":
            return f"{int(value):,}"
        case "wide":
            return "".join(chr(ord(c) + 0xFEE0) for c in value)
        case "hyphens":
            return value.replace("-", "\u2011")
        case "upper":
            return value.upper()
        case "lower":
            return value.lower()
        case "slug":
            return value.lower().replace(" ", "-")
        case "broken":
            return value[:-1] + str((int(value[-1]) + 1) % 10)
    raise AssertionError(how)


def filled(template, values):
    """A cell: ``{kind:how:how}`` is a value of a kind, changed."""
    out = template
    for kind in sorted(values, key=len, reverse=True):
        while (at := out.find("{" + kind + ":")) >= 0 and kind != "i":
            end = out.index("}", at)
            value = values[kind]
            for how in out[at + len(kind) + 2 : end].split(":"):
                value = changed(value, how)
            out = out[:at] + value + out[end + 1 :]
        out = out.replace("{" + kind + "}", str(values[kind]))
    return out


def table_of(cells):
    """One table of many columns; a number behind a column's name says nothing, so names may repeat."""
    return pa.table({f"{name} {k}": values for k, (name, values) in enumerate(cells)})


@pytest.fixture(scope="module")
def rows():
    rng = random.Random(7)
    return [made_up(rng, i) for i in range(N)]


def verdicts(table, model):
    scanner = prepare(Options(sample=100, model=model), seed=1)
    return scan_table(wrap_table(table, name="t"), scanner)


THIRDS = [0, *(pytest.param(third, marks=pytest.mark.slow) for third in (1, 2))]
"""Each kind of value is put in a third of the wrappers in every run of the tests."""


@pytest.fixture(scope="module", params=THIRDS)
def wrapped(rows, request):
    """What is found in the wrappers around every value: (wrapper, kind) to entity types and their counts."""
    keys, cells = [], []
    for at, (wrapper, template) in enumerate(CASES["wrappers"].items()):
        for kind in [*CASES["identifiers"], *CASES["nobody"]][(request.param - at) % 3 :: 3]:
            made = CASES["nobody"].get(kind)
            values = [row[kind] if made is None else made.format(i=row["i"]) for row in rows]
            keys.append((wrapper, kind))
            cells.append(
                (
                    "payload",
                    [
                        template.format(x=value, i=row["i"], d=row["d"])
                        for value, row in zip(values, rows, strict=True)
                    ],
                )
            )
    found = verdicts(table_of(cells), "none")
    return {
        key: {f.entity_type: f.count.valid for f in verdict.found}
        for key, verdict in zip(keys, found, strict=True)
    }


@pytest.mark.parametrize(("kind", "entity"), CASES["identifiers"].items())
def test_identifiers_in_every_wrapper(wrapped, kind, entity):
    counts = {wrapper: found.get(entity) for (wrapper, k), found in wrapped.items() if k == kind}
    assert {wrapper: k for wrapper, k in counts.items() if k != N} == {}


@pytest.mark.parametrize("kind", CASES["nobody"])
def test_what_is_nobodys_in_every_wrapper(wrapped, kind):
    assert {wrapper: f for (wrapper, k), f in wrapped.items() if k == kind and f} == {}


@pytest.fixture(scope="module")
def columns(rows):
    """What is found in each of the columns; the language model looks where names are asked for, or nobody is."""
    found = {}
    for model, asked in ((None, {"PERSON", ""}), ("none", None)):
        cases = [case for case in CASES["columns"] if (case[2] in {"PERSON", ""}) == bool(asked)]
        cells = [(name, [filled(cell, row) for row in rows]) for name, cell, _ in cases]
        for case, verdict in zip(cases, verdicts(table_of(cells), model), strict=True):
            found[tuple(case)] = {f.entity_type for f in verdict.found}
    return found


@pytest.mark.parametrize(("name", "template", "entity"), CASES["columns"])
def test_columns(columns, name, template, entity):
    found = columns[name, template, entity]
    assert entity in found if entity else not found
