"""The files of ``hostile_table.py``: made to hurt whoever reads them."""

from __future__ import annotations

import io
import os
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One hostile file, and the commands that get it."""

    name: str
    content: bytes | Callable[[Path], None]
    """What the file holds, or what makes it where it shall be."""
    what: str
    kind: str = "model"
    """Which commands that are: a key of ``COMMANDS``."""

    def write(self, folder: Path) -> int:
        """Make it; its size."""
        path = folder / self.name
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)
        return path.stat().st_size if path.is_file() else 0


def onnx_cases() -> Iterator[Case]:
    """Graphs."""
    import onnx

    h, kind = onnx.helper, onnx.TensorProto
    zero = h.make_tensor("zero", kind.FLOAT, [], [0.0])

    def graph(*nodes: object, result: str = "x", **more: object) -> bytes:
        tail = [
            h.make_node("Softmax", [result], ["p"], axis=1),
            h.make_node("ArgMax", ["p"], ["l"], axis=1, keepdims=0),
        ]
        made = h.make_graph(
            [*nodes, *tail],
            "g",
            [h.make_tensor_value_info("x", kind.FLOAT, [None, 2])],
            [
                h.make_tensor_value_info("l", kind.INT64, [None]),
                h.make_tensor_value_info("p", kind.FLOAT, [None, 2]),
            ],
            **more,
        )
        sets = [h.make_opsetid("", 17), h.make_opsetid("com.example", 1)]
        model = h.make_model(made, ir_version=8, opset_imports=sets)
        return bytes(model.SerializeToString())

    def outside() -> object:
        tensor = onnx.TensorProto(name="w", data_type=1, dims=[2], data_location=1)
        tensor.external_data.add(key="location", value="w.bin")
        return tensor

    def inner(*weights: object) -> object:
        return h.make_graph(
            [h.make_node("Add", ["x", "w"], ["o"])],
            "in",
            [],
            [h.make_tensor_value_info("o", kind.FLOAT, None)],
            initializer=list(weights),
        )

    def rows(products: int) -> bytes:
        nodes = [
            h.make_node("Transpose", ["x"], ["xt"], perm=[1, 0]),
            h.make_node("MatMul", ["x", "xt"], ["q0"]),
        ]
        nodes += [h.make_node("MatMul", [f"q{i}", "q0"], [f"q{i + 1}"]) for i in range(products)]
        nodes += [
            h.make_node("ReduceSum", [f"q{products}"], ["s"], keepdims=0),
            h.make_node("Mul", ["s", "zero"], ["n"]),
        ]
        return graph(
            *nodes, h.make_node("Add", ["x", "n"], ["x2"]), result="x2", initializer=[zero]
        )

    def sized(*shape: int) -> bytes:
        size = h.make_tensor("size", kind.INT64, [len(shape)], list(shape))
        nodes = [
            h.make_node("ReduceMax", ["x"], ["t"], keepdims=1),
            h.make_node("Expand", ["t", "size"], ["big"]),
        ]
        nodes += [
            h.make_node("ReduceSum", ["big"], ["s"], keepdims=0),
            h.make_node("Mul", ["s", "zero"], ["n"]),
        ]
        return graph(
            *nodes, h.make_node("Add", ["x", "n"], ["x2"]), result="x2", initializer=[size, zero]
        )

    true = h.make_tensor("c", kind.BOOL, [], [True])
    branch = h.make_node(
        "If", ["c"], ["x2"], then_branch=inner(outside()), else_branch=inner(outside())
    )
    twice = h.make_graph([branch], "two", [], [h.make_tensor_value_info("x2", kind.FLOAT, None)])
    deep = h.make_node("If", ["c"], ["x3"], then_branch=twice, else_branch=twice)
    sparse = onnx.SparseTensorProto(
        values=outside(), indices=h.make_tensor("i", kind.INT64, [2], [0, 1]), dims=[2]
    )
    loop = h.make_node("Loop", ["", "", "x"], ["x2"], body=inner())
    good = graph()
    yield Case(
        name="weights.onnx", content=graph(initializer=[outside()]), what="weights in another file"
    )
    yield Case(
        name="branch.onnx",
        content=graph(branch, result="x2", initializer=[true]),
        what="the same, in a branch",
    )
    yield Case(
        name="deep.onnx",
        content=graph(deep, result="x3", initializer=[true]),
        what="in a branch of a branch",
    )
    yield Case(
        name="sparse.onnx",
        content=graph(sparse_initializer=[sparse]),
        what="in a sparse initialiser",
    )
    constant = h.make_node("Constant", [], ["k"], value=outside())
    yield Case(name="constant.onnx", content=graph(constant), what="in a constant")
    yield Case(
        name="loop.onnx", content=graph(loop, result="x2"), what="a loop that nothing bounds"
    )
    custom = h.make_node("Shell", ["x"], ["x2"], domain="com.example")
    yield Case(
        name="custom.onnx", content=graph(custom, result="x2"), what="an operator of somebody's own"
    )
    yield Case(
        name="big.onnx", content=sized(8_000_000_000, 1, 2), what="asks for 64 GB on one row"
    )
    yield Case(name="3g.onnx", content=sized(400_000_000, 1, 2), what="asks for 3 GB on one row")
    yield Case(name="rows.onnx", content=rows(40), what="time as the cube of the number of rows")
    yield Case(name="slow.onnx", content=rows(400), what="the same, ten times as long")
    yield Case(name="cut.onnx", content=good[: len(good) // 2], what="cut in half")
    yield Case(name="empty.onnx", content=b"", what="empty")
    yield Case(name="zeros.onnx", content=bytes(4096), what="zeros")
    yield Case(
        name="magic.onnx",
        content=b"\x12\x06..ORTM" + good[:40],
        what="the magic of another format, and cut",
    )


def model_cases() -> Iterator[Case]:
    """Other model files."""
    pickle = b"cposix\nsystem\n(S'touch mark'\ntR."
    for suffix in ("skops", "ubj", "json", "txt", "cbm", "onnx"):
        yield Case(name=f"pickle.{suffix}", content=pickle, what=f"a pickle named .{suffix}")
    yield Case(name="code.pkl", content=pickle, what="a pickle")
    yield Case(name="deep.json", content=b"[" * 1_000_000, what="a million brackets")
    yield Case(
        name="deep.ubj", content=b"{L\0\0\0\0\0\0\0\x7f" * 9, what="lengths that are not there"
    )
    yield Case(name="long.txt", content=b"tree\n" + b"x=" * 2_000_000, what="a line of 4 MB")
    yield Case(name="head.cbm", content=b"CBM1" + b"\xff" * 64, what="a header that claims 4 GB")
    for name, inflated, what in (
        ("bomb", 2**31, "inflates to 2 GB"),
        ("schema", 2**20, "a schema of zeros"),
    ):
        sink = io.BytesIO()
        with (
            zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("schema.json", "w", force_zip64=True) as file,
        ):
            for _ in range(inflated // 2**20):
                file.write(bytes(2**20))
        yield Case(name=f"{name}.skops", content=sink.getvalue(), what=what)


def data_cases() -> Iterator[Case]:
    """Data sets."""
    yield Case(name="empty.csv", content=b"", what="empty", kind="data")
    yield Case(name="zeros.csv", content=bytes(2**20), what="a megabyte of zeros", kind="data")
    yield Case(
        name="cell.csv",
        content=b"a,y\n" + b"x" * (20 * 2**20) + b",1\n",
        what="a cell of 20 MB",
        kind="data",
    )
    yield Case(
        name="quote.csv",
        content=b'a,y\n"' + b"x\n" * 500_000,
        what="a quote that never closes",
        kind="data",
    )
    yield Case(
        name="wide.csv",
        content=b",".join(b"c%d" % i for i in range(200_000)) + b"\n",
        what="200,000 columns",
        kind="data",
    )
    yield Case(name="double.csv", content=b"a,a,y\n1,2,1\n", what="a name twice", kind="data")
    yield Case(name="ragged.csv", content=b"a,y\n1,1\n1\n", what="a row that is short", kind="data")
    yield Case(name="latin.csv", content=b"a,y\n\xe9,1\n", what="not UTF-8", kind="data")
    yield Case(
        name="bidi.csv",
        content="a\u202e,y\n1,1\n".encode(),
        what="a name that turns the line around",
        kind="data",
    )
    yield Case(
        name="escape.csv",
        content=b"a\x1b[2J,y\n1,1\n",
        what="a name that clears the screen",
        kind="data",
    )
    yield Case(name="empty.parquet", content=b"", what="empty", kind="data")
    yield Case(
        name="magic.parquet",
        content=b"PAR1" + bytes(64) + b"PAR1",
        what="magic and zeros",
        kind="data",
    )
    yield Case(
        name="footer.parquet",
        content=b"PAR1" + b"\xff" * 8 + b"PAR1",
        what="a footer that claims 4 GB",
        kind="data",
    )
    yield Case(
        name="zip.parquet", content=b"PK\3\4" + bytes(40), what="another format", kind="data"
    )
    for suffix in ("csv", "parquet", "xlsx", "db", "duckdb", "arrow"):
        noise = bytes((i * 7919 + 31) % 256 for i in range(4096))
        yield Case(
            name=f"noise.{suffix}", content=noise, what=f"noise named .{suffix}", kind="data"
        )
    yield Case(name="zip.xlsx", content=b"PK\5\6" + bytes(18), what="an empty archive", kind="data")


def reader_cases() -> Iterator[Case]:
    """What the tests hand to every reader."""
    sys.path.insert(0, str(ROOT))
    from tests.readers.hostile_files import MAKERS

    for name, make in MAKERS.items():
        database = name.endswith(("sqlite", "duckdb", "xlsx"))
        what = name.partition(".")[0].replace("-", " ")
        yield Case(name=name, content=make, what=what, kind="database" if database else "data")


def text_cases() -> Iterator[Case]:
    """Plans, answers, reports."""
    laughs = b"a: &a [x, x]\n" + b"".join(
        b"%c: &%c [*%c, *%c]\n" % (i, i, i - 1, i - 1) for i in range(98, 122)
    )
    for kind in ("plan", "answers", "people"):
        yield Case(
            name=f"laughs.{kind}.yaml",
            content=laughs,
            what="aliases that double 24 times",
            kind=kind,
        )
        yield Case(
            name=f"deep.{kind}.yaml",
            content=b"a: " + b"[" * 100_000,
            what="100,000 brackets",
            kind=kind,
        )
        tag = b"!!python/object/apply:os.system [touch mark]\n"
        yield Case(name=f"tag.{kind}.yaml", content=tag, what="a tag that runs code", kind=kind)
        yield Case(name=f"zeros.{kind}.yaml", content=bytes(4096), what="zeros", kind=kind)
    records = {
        "empty": (b"", "empty"),
        "deep": (b'{"a":' + b"[" * 200_000, "200,000 brackets"),
        "digits": (b'{"schema": ' + b"9" * 200_000 + b"}", "a number of 200,000 digits"),
        "nan": (b'{"schema": NaN}', "NaN"),
        "surrogate": (b'{"schema": "\\ud800"}', "half a character"),
        "latin": (b'{"schema": "\xe9"}', "not UTF-8"),
        "list": (b"[1, 2]", "a list"),
    }
    for name, (content, what) in records.items():
        yield Case(name=f"{name}.record.json", content=content, what=what, kind="record")
    yield Case(name="empty.pdf", content=b"", what="empty", kind="report")
    yield Case(
        name="noise.pdf",
        content=b"%PDF-1.7\n" + b"\xff" * 4096,
        what="a header and noise",
        kind="report",
    )
    loop = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj\ntrailer<</Root 1 0 R/Prev 0>>\nstartxref\n0\n%%EOF"
    yield Case(name="loop.pdf", content=loop, what="pages that contain themselves", kind="report")
    yield Case(
        name="deep.pdf",
        content=b"%PDF-1.7\n1 0 obj" + b"[" * 200_000,
        what="200,000 brackets",
        kind="report",
    )


def hiding_cases() -> Iterator[Case]:
    """Rows and columns where nobody looks; what is no file; and little text that is much work."""
    sys.path.insert(0, str(ROOT))
    from tests.readers.hostile_files import zipped

    fine, people = b"a,y\n1,2\n", b"e,y\n" + b"p@example.org,1\n" * 40

    def member_of_no_size(path: Path) -> None:
        zipped(path, {"a.csv": fine, "people.csv": people})
        held = bytearray(path.read_bytes())
        place = held.rindex(b"PK\1\2") + 24
        held[place : place + 4] = bytes(4)
        path.write_bytes(held)

    def member_left_out(path: Path) -> None:
        zipped(path, {"a.csv": fine, "people.csv": people})
        held = path.read_bytes()
        first, last = held.index(b"PK\1\2"), held.rindex(b"PK\1\2")
        entry = held[first:last]
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), first, 0)
        path.write_bytes(held[:first] + entry + end)

    def marker(path: Path) -> None:
        path.mkdir()
        (path / "a.csv").write_bytes(fine)
        (path / "_SUCCESS").write_bytes(people)

    yield Case(name="size.zip", content=member_of_no_size, what="a size of 0", kind="hiding")
    yield Case(
        name="left-out.zip", content=member_left_out, what="not in the directory", kind="hiding"
    )
    yield Case(name="marker", content=marker, what="a table called _SUCCESS", kind="hiding")
    texts = {
        "keys.jsonl": (b'{"a": 1, "a (3)": "p@example.org", "a": 2}\n' * 40, "keys doubled"),
        "names.csv": (b"a,a (3),a\n" + b"1,p@example.org,2\n" * 40, "names doubled"),
        "nested.jsonl": (b'{"a": ' + b"[" * 940 + b"]" * 940 + b"}\n", "940 brackets"),
        "zeros-late.csv": (b"g,y\n" + b"u,1\n" * 50 + bytes(5000) + b"\nv,0\n", "zeros inside"),
        "commas.csv": (b"," * 3_000_000 + b"\n1,2\n", "3 million cells in a row"),
        "name.csv": (b"x" * 200_000 + b",y\n1,2\n", "a name of 200,000 characters"),
    }
    for name, (content, what) in texts.items():
        yield Case(name=name, content=content, what=what, kind="hiding")
    yamls = {
        "flow": (b"a: [" + b"x," * 1_900_000 + b"]", "1.9 million values in brackets"),
        "blank": (b"\n" * 3_900_000 + b"a: 1", "3.9 million blank lines"),
        "documents": (b"---\na: 1\n" * 400_000, "400,000 documents"),
    }
    for name, (content, what) in yamls.items():
        yield Case(name=f"{name}.plan.yaml", content=content, what=what, kind="plan")
    for kind in ("plan", "answers", "record", "report"):
        name = f"device.{kind}"
        yield Case(
            name=name,
            content=lambda path: path.symlink_to("/dev/zero"),
            what="a link to /dev/zero",
            kind=kind,
        )
        yield Case(name=f"pipe.{kind}", content=os.mkfifo, what="a pipe", kind=kind)


def further_cases() -> Iterator[Case]:
    """Other ways, and what else reads files."""
    from hostile_kinds import KINDS

    for kind, makers in KINDS.items():
        for make in makers:
            for name, content, what in make():
                yield Case(name=name, content=content, what=what, kind=f"further {kind}")


def sibling_cases() -> Iterator[Case]:
    """Siblings of all these, each with every command that opens it."""
    from hostile_siblings import SIBLINGS

    for kind, makers in SIBLINGS.items():
        for make in makers:
            for name, content, what in make():
                yield Case(name=name, content=content, what=what, kind=f"sibling {kind}")


def more_cases() -> Iterator[Case]:
    """What points outside, is deep or wide, or is no file."""
    from hostile_more import MORE

    for kind, makers in MORE.items():
        for make in makers:
            for name, content, what in make():
                yield Case(name=name, content=content, what=what, kind=kind)


SETS: dict[str, Callable[[], Iterator[Case]]] = {
    "onnx": onnx_cases,
    "model": model_cases,
    "data": data_cases,
    "readers": reader_cases,
    "text": text_cases,
    "hiding": hiding_cases,
    "further": further_cases,
    "siblings": sibling_cases,
    "more": more_cases,
}
