"""A redacted copy keeps everything but the values: rows, keys, types, nesting, quotes, encoding, line ends."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.cli import main
from raudit.data.readers.contents import file_contents
from raudit.data.readers.delimited import find_layout
from raudit.scan.compare_copy import differences_of, explained
from raudit.scan.copies import Original, number_for
from raudit.scan.redact import operator, redactors, same
from raudit.scan.rewrite import rewrite
from raudit.scan.rewrite_delimited import records
from raudit.scan.sources import ReadOptions, open_source
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.spans import Span
from raudit.stages.pii.scanner import prepare

KEY = bytes(range(32))
MAILS = [
    f"{name}@example.org"
    for name in ("anna.miller", "bob.t", "carla", "dan", "emma", "frank", "gina", "hugo")
]


@pytest.fixture
def redact(capsys, tmp_path):
    (tmp_path / "k.key").write_bytes(KEY)

    def run(path, out, *more, how="pseudonymise"):
        with pytest.raises(SystemExit) as stop:
            main(
                [
                    "pii",
                    "redact",
                    str(path),
                    "-o",
                    str(out),
                    "--how",
                    how,
                    "--key",
                    str(tmp_path / "k.key"),
                    *more,
                ]
            )
        said = capsys.readouterr()
        return stop.value.code, " ".join(said.out.split()), said.err

    return run


@pytest.fixture(scope="module")
def scanner():
    return prepare(Options(sample=100), seed=0)


@pytest.fixture(scope="module")
def anywhere(scanner):
    return redactors((), operator("pseudonymise", KEY), scanner).anywhere


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("delimiter", "end"), [(",", "\r\n"), (";", "\n"), ("\t", "\r\n"), ("|", "\n")]
)
def test_outside_the_masks_a_text_table_is_the_same_to_the_byte(
    scanner, tmp_path, encoding, delimiter, end
):
    rows = [
        f'{i}{delimiter}{mail}{delimiter}"caf\u00e9 ""{i}"" ok"{delimiter} x '
        for i, mail in enumerate(MAILS)
    ]
    text = end.join([delimiter.join(["id", "email", '"a ""b"""', "rest"]), "", *rows])
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"
    path.write_bytes(text.encode(encoding))
    (source,) = open_source(str(path))
    original = Original(path, ReadOptions())
    rewrite(
        original,
        source,
        out,
        redactors(scan_table(source, scanner), operator("replace", None), scanner),
    )
    want = text
    for mail in MAILS:
        want = want.replace(mail, "<EMAIL_ADDRESS>")
    assert out.read_bytes() == want.encode(encoding)
    assert differences_of(original, out) == 0


def test_what_was_counted_inside_cells_is_taken_out(redact, tmp_path):
    """Recognisers want a border before a number where the count does not."""
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"
    rows = [f"{i},SSN{219 + i}-09-{1000 + 37 * i},emp{i}" for i in range(20)]
    path.write_text("\n".join(["id,ref,who", *rows]))
    status, said, _ = redact(path, out, how="replace")
    want = [re.sub(r"\d{3}-\d\d-\d{4}", "<US_SSN>", row) for row in rows]
    assert (status, out.read_text().splitlines()[1:]) == (0, want), said


def test_ragged_rows_are_copied_and_told(redact, tmp_path):
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"
    path.write_text(
        "id,name,email\n1,Anna,anna@example.org\n2,Miller, Bob,bob@example.org\n3,Carla\n4,D,d@example.org,x,y\n"
    )
    status, said, _ = redact(path, out)
    assert status == 3
    assert "3 rows have another number of cells" in said
    assert out.read_text().count("\n") == path.read_text().count("\n")
    assert "@" not in out.read_text()


def test_a_header_over_two_lines_is_one_header(redact, tmp_path):
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"
    path.write_text('"id\nnumber","email; phone","x"\n1,anna@example.org,a\n2,bob@example.org,b\n')
    _, said, _ = redact(path, out)
    assert "2 rows" in said
    assert out.read_text().startswith('"id\nnumber","email; phone","x"\n1,\u27e6EMAIL_ADDRESS:')


def test_json_lines_keep_keys_types_nesting_and_spacing(redact, tmp_path):
    lines = [
        f'{{"id":{i}, "c":{{"email":"{mail}"}},"n":null,"l":["{mail}",1.50,true],"f":1e3,"u":"\\u00e9", "b":true}}'
        for i, mail in enumerate(MAILS)
    ]
    lines += ['{"late":{"deep":[{"x":"ask zoe@example.com"}]}}', '["top", 1]', "", '{"id": 7}']
    path, out = tmp_path / "t.jsonl", tmp_path / "o.jsonl"
    path.write_bytes("\r\n".join(lines).encode())
    redact(path, out, how="replace")
    want = "\r\n".join(lines).replace("zoe@example.com", "<EMAIL_ADDRESS>")
    for mail in MAILS:
        want = want.replace(mail, "<EMAIL_ADDRESS>")
    assert out.read_bytes().decode() == want


def test_keys_that_are_somebody_are_replaced_and_stay_apart(redact, tmp_path):
    path, out = tmp_path / "t.jsonl", tmp_path / "o.jsonl"
    lines = [{"n": i, "by": {MAILS[i]: 1, MAILS[i - 1]: {"x": [2]}}} for i in range(4)]
    path.write_text("\n".join(map(json.dumps, lines)))
    status, said, _ = redact(path, out, "--columns", "n", how="replace")
    want = {"<EMAIL_ADDRESS>": 1, "<EMAIL_ADDRESS 2>": {"x": [2]}}
    assert [json.loads(line)["by"] for line in out.read_text().splitlines()] == [want] * 4
    assert (status, "8 keys held an identifier" in said) == (3, True)


def test_lines_that_are_no_json_are_searched_and_told(redact, tmp_path):
    path, out = tmp_path / "t.jsonl", tmp_path / "o.jsonl"
    path.write_text(
        "\n".join([*(json.dumps({"t": mail}) for mail in MAILS), '{"t": "zoe@example.com", '])
        + "\n"
    )
    status, said, _ = redact(path, out)
    assert status == 3
    assert "lines that are no JSON: 1;" in said
    assert "zoe@" not in out.read_text()
    assert out.read_text().endswith('", \n')


def types():
    n = len(MAILS)
    tags = pa.array([[m, "x"] for m in MAILS[:-1]] + [None])
    table = pa.table(
        {
            "id": pa.array(range(n), pa.int32()),
            "email": pa.array(MAILS),
            "phone": pa.array([12125550180 + i for i in range(n)], pa.int64()),
            "account_number": pa.array(
                [Decimal(f"12345678{i}") for i in range(n)], pa.decimal128(12, 0)
            ),
            "date_of_birth": pa.array([3652 + i for i in range(n)], pa.date32()),
            "c": pa.array([{"email": m, "n": 1} for m in MAILS[:-1]] + [None]),
            "tags": tags,
            "fixed": pa.array([[m, "y"] for m in MAILS], pa.list_(pa.string(), 2)),
            "map": pa.array([[("k", m)] for m in MAILS], pa.map_(pa.string(), pa.string())),
            "cat": pa.array(["a", "b"] * (n // 2)).dictionary_encode(),
            "who": pa.array(MAILS).dictionary_encode(),
            "amount": pa.array([1.5, None] * (n // 2)),
            "raw": pa.array([b"\xff\x00"] * n, pa.binary()),
            "cards": pa.array([[4539148803436467.0], [4716258050958645.0]] * (n // 2)),
            "noted": pa.array(range(n), pa.int8()),
        }
    )
    noted = table.schema.field("noted").with_metadata({"asked": "ann@example.com", "unit": "kg"})
    table = table.set_column(table.num_columns - 1, noted, table["noted"])
    return table.replace_schema_metadata({"made": "by hand", "owner": "zoe@example.com"})


@pytest.mark.parametrize("how", ["replace", "pseudonymise", "mask"])
def test_parquet_keeps_its_schema_and_what_was_not_found(redact, tmp_path, how):
    table = types()
    path, out = tmp_path / "t.parquet", tmp_path / "o.parquet"
    pq.write_table(table, path)
    _, said, _ = redact(path, out, "--check", how=how)
    copy = pq.read_table(out)
    assert "nothing differs from the original" in said
    assert copy.schema.equals(pq.read_schema(path), check_metadata=False)
    assert copy.schema.metadata[b"made"] == b"by hand"
    assert copy.schema.field("noted").metadata[b"unit"] == b"kg"
    assert b"ann@" not in copy.schema.field("noted").metadata[b"asked"]
    assert {type(row[0]) for row in copy["cards"].to_pylist()} <= {float, type(None)}
    assert not {4539148803436467.0, 4716258050958645.0} & {
        row[0] for row in copy["cards"].to_pylist()
    }
    for name in ("id", "cat", "amount", "raw"):
        assert copy[name].to_pylist() == table[name].to_pylist()
    text = json.dumps([copy.to_pylist(), str(copy.schema.metadata)], default=str)
    assert not [mail for mail in [*MAILS, "zoe@example.com", "1212555018"] if mail in text]
    assert [row and len(row) for row in copy["tags"].to_pylist()] == [2] * 7 + [None]
    assert {row[1] for row in copy["tags"].to_pylist() if row} == {"x"}
    assert copy["c"].to_pylist()[-1] is None


def test_drawn_numbers_are_equal_where_the_numbers_were(redact, tmp_path):
    path, out = tmp_path / "t.parquet", tmp_path / "o.parquet"
    numbers = [12125550180 + i % 4 for i in range(20)]
    pq.write_table(
        pa.table({"phone": pa.array(numbers), "n": pa.array(range(20))}), path, row_group_size=7
    )
    status, said, _ = redact(path, out)
    drawn = pq.read_table(out)["phone"].to_pylist()
    assert (status, "finds nothing more" in said) == (0, True)
    assert pq.read_metadata(out).num_row_groups == 3
    assert len(set(zip(numbers, drawn, strict=True))) == len(set(drawn)) == 4
    assert {len(str(d)) for d in drawn} == {11}


def test_a_column_that_names_people_leaves_other_words_alone(anywhere):
    """One prompt that names somebody is no reason to alter what the model mistakes in the next one."""
    text = "a good name for a bakery that sells Sourdough Bread"
    name = "the letter lay beside Zyxqora Blurvik during the storm"
    loaf = Span("PERSON", text.index("Sourdough"), len(text), 0.85)
    person = Span("PERSON", name.index("Zyxqora"), name.index(" during"), 0.85)
    named = replace(anywhere, entities=frozenset({"PERSON"}), done={})
    assert named._text(text, (loaf,)) == text
    assert "Zyxqora" not in named._text(name, (person,))


def test_neighbours_have_each_their_own_token(anywhere):
    a, b = anywhere.cells(
        [
            "write to anna@example.org bob@example.org",
            "again bob@example.org, 219-09-9999 219-09-9998",
        ]
    )
    assert a.count("\u27e6") == 2
    assert a.split()[-1] == b.split()[1].rstrip(",")
    assert b.count("\u27e6US_SSN") == 2


@pytest.mark.parametrize(
    ("kind", "one", "other", "equal"),
    [
        ("PERSON", "MILLER,  Anna", "Anna Miller", True),
        ("PERSON", "anna\u00a0miller", "Anna Miller's", True),
        ("PERSON", "A. Miller", "Anna Miller", False),
        ("PERSON", "Anna M\u00fcller", "Anna Muller", False),
        ("US_SSN", "219-09-9999", "219 09 9999", True),
        ("CREDIT_CARD", "4111 1111 1111 1111", "4111-1111-1111-1111", True),
        ("EMAIL_ADDRESS", "Anna@Example.org ", "anna@example.org", True),
        ("EMAIL_ADDRESS", "an-na@example.org", "anna@example.org", False),
        ("SECRET_KEY", "abcD", "abcd", False),
    ],
)
def test_equal_values_are_told_across_spellings(kind, one, other, equal):
    assert (same(kind, one) == same(kind, other)) is equal


def test_a_bare_number_is_what_its_column_says(anywhere):
    column = replace(anywhere, entities=frozenset(), exact=anywhere.entities, done={})
    assert column.cells(["4111111111111111", "4155550132"]) == ["4111111111111111", "4155550132"]
    assert "4111" not in anywhere.cells(["her card is 4111 1111 1111 1111, thanks"])[0]


def test_a_long_cell_is_searched_to_its_end(anywhere):
    (new,) = anywhere.cells(["word " * 9_000 + "anna@example.org"])
    assert new.startswith("word " * 9_000 + "\u27e6EMAIL")


def test_check_sees_a_changed_byte(redact, tmp_path):
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"
    path.write_text("id,email,note\n" + "".join(f"{i},{m},keep {i}\n" for i, m in enumerate(MAILS)))
    redact(path, out)
    assert redact(path, out, "--check")[0] == 0
    bad = tmp_path / "bad.csv"
    for old, new in (("keep 3", "keep 4"), ("\n5,", "\r\n5,"), ("keep 7\n", ""), ("id,", '"id",')):
        bad.write_bytes(out.read_bytes().replace(old.encode(), new.encode()))
        assert differences_of(Original(path, ReadOptions()), bad) > 0, old
    status, said, _ = redact(path, bad, "--check")
    assert (status, "differ from the original" in said) == (6, True)


@pytest.mark.parametrize(
    ("old", "new", "fine"),
    [
        ("a b@c.de d", "a <EMAIL_ADDRESS> d", True),
        ("a b@c.de d", "a <EMAIL_ADDRESS> e", False),
        ("a b@c.de d", "a <EMAIL_ADDRESS> d ", False),
        ("b@c.de", "<EMAIL_ADDRESS>", True),
        ("", "<EMAIL_ADDRESS>", False),
        ("ab cd", "** **", True),
        ("ab cd", "** *", False),
        ("ab cd", "ab ce", False),
    ],
)
def test_only_stand_ins_explain_a_difference(old, new, fine):
    assert explained(old, new) is fine


def test_records_together_are_the_file(tmp_path):
    text = '\ufeff"a ""x"" \n b",c\r\n\n"open,1\n2,"3"tail,\r4'
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    found = list(records(path, find_layout(file_contents(path, path.name), ReadOptions())))
    assert "".join(c + e for r in found for c, e in zip(r.cells, r.ends, strict=True)) == text
    assert found[0].cells == ['\ufeff"a ""x"" \n b"', "c"]


@pytest.mark.parametrize("form", ["array", "pretty", "objects"])
def test_an_array_keeps_its_form(redact, tmp_path, form):
    rows = [{"id": i, "c": {"email": mail}, "l": [mail, 1.5]} for i, mail in enumerate(MAILS)]
    text = json.dumps(rows) if form == "array" else json.dumps(rows, indent=1)
    if form == "objects":
        text = "\n".join(json.dumps(row, indent=2) for row in rows) + "\n"
    path, out = tmp_path / "t.json", tmp_path / "o.json"
    path.write_text(text)
    _, said, _ = redact(path, out, how="replace")
    want = text
    for mail in MAILS:
        want = want.replace(mail, "<EMAIL_ADDRESS>")
    assert out.read_text() == want
    assert "8 rows" in said
    assert redact(path, out, "--check")[0] != 6
    out.write_text(want.replace("1.5", "2.55", 1))
    assert redact(path, out, "--check")[0] == 6


def test_json_that_breaks_off_is_refused_and_nothing_written(redact, tmp_path):
    path, out = tmp_path / "t.json", tmp_path / "o.json"
    path.write_text('[{"email": "anna@example.org"},\n{"email": "zoe@exam')
    status, _, said = redact(path, out)
    assert (status, "copy-json" in said, "zoe" in said) == (2, True, False)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("o.")] == []


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("no header", "".join(f"{i},{m}\n" for i, m in enumerate(MAILS)), ()),
        (
            "declared",
            "id~email\n" + "".join(f"{i}~{m}\n" for i, m in enumerate(MAILS)),
            ("--delimiter", "~"),
        ),
        ("announced", "sep=;\nid;email\n" + "".join(f"{i};{m}\n" for i, m in enumerate(MAILS)), ()),
        ("inches", "size\temail\n" + "".join(f'"{i}\t{m}\n' for i, m in enumerate(MAILS)), ()),
    ],
)
def test_a_copy_reads_what_the_scan_reads(redact, tmp_path, name, data, options):
    path, out = tmp_path / "t.tsv", tmp_path / "o.tsv"
    path.write_text(data)
    _, said, _ = redact(path, out, *options, how="replace")
    want = data
    for mail in MAILS:
        want = want.replace(mail, "<EMAIL_ADDRESS>")
    assert out.read_text() == want, name
    assert "8 rows" in said


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-32", "iso-8859-2", "shift_jis"])
def test_declared_and_found_encodings_stay(redact, tmp_path, encoding):
    path, out = tmp_path / "t.csv", tmp_path / "o.csv"
    word = {"iso-8859-2": "\u0141\u00f3d\u017a", "shift_jis": "\u6771\u4eac"}.get(
        encoding, "caf\u00e9"
    )
    text = "id,email,note\n" + "".join(f"{i},{mail},{word}\n" for i, mail in enumerate(MAILS))
    path.write_bytes(text.encode(encoding))
    redact(
        path, out, *(() if encoding.startswith("utf") else ("--encoding", encoding)), how="replace"
    )
    for mail in MAILS:
        text = text.replace(mail, "<EMAIL_ADDRESS>")
    assert out.read_bytes() == text.encode(encoding)


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("4539148803436467", r"\d{16}"),
        ("4539148803436467.0", r"\d{16}\.0"),
        ("4.53914880343647E+15", r"\d\.\d{14}e\+15"),
        ("52.5163", r"\d\d\.\d{4}"),
        ("0.5", r"\d\.\d"),
    ],
)
def test_what_stands_for_a_number_is_written_like_it(number, shape):
    drawn = number_for(lambda kind, _: f"<{kind}:00ff00ff00ff00ff>", "CREDIT_CARD", number)
    assert re.fullmatch(shape, drawn)
    assert json.loads(drawn) != json.loads(number)
    assert number_for(lambda kind, _: f"<{kind}>", "CREDIT_CARD", number).strip("0.") == ""
