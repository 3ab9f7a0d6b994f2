"""The published schemas are those of the code."""

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_schemas_are_up_to_date():
    written = runpy.run_path(str(ROOT / "scripts" / "write_schemas.py"))
    for name, schema in written["schemas"]().items():
        stored = (ROOT / "schemas" / name).read_text()
        assert stored == written["text"](schema), f"{name} is old: make schemas"
        assert json.loads(stored)["$id"].startswith("raudit.")
