"""What the documentation shows works as it stands: commands, Python and YAML."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from raudit.checklists.form.load import parse_checklist
from raudit.errors import PeopleError
from raudit.people import parse_people
from raudit.plan import parse_plan
from raudit.policy.load import load_policy
from raudit.policy.waivers import load_waivers
from raudit.resources import resource_dir
from raudit.turns.formats import Format

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(
    r"^(?P<margin> *)```(?P<language>\w+)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL
)


def blocks(*languages: str) -> list[Any]:
    """Every fenced block of these languages, as a parameter that is named by page and line."""
    parameters = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            if block["language"] in languages:
                line = text.count("\n", 0, block.start()) + 1
                name = f"{page.relative_to(ROOT)}:{line}"
                parameters.append(pytest.param(page.name, textwrap.dedent(block["text"]), id=name))
    return parameters


@pytest.fixture(scope="module")
def decisions() -> pd.DataFrame:
    """People, decisions and outcomes, as a table of the tutorial's kind."""
    rows = pd.read_parquet(resource_dir("examples") / "adult-income/data/applicants.parquet").head(
        1500
    )
    return pd.DataFrame(
        {
            "sex": rows["sex"].astype(str),
            "race": rows["race"].astype(str),
            "granted": (rows["hours-per-week"] > 40).map({True: "yes", False: "no"}),
            "repaid": (rows["age"] > 35).map({True: "yes", False: "no"}),
        }
    )


# -- YAML

BASE = {
    "schema": "raudit.plan/1",
    "system": {"name": "Credit", "version": "1", "purpose": "Decide"},
    "data": {
        "path": "x.csv",
        "prediction": {"column": "granted", "favourable": "yes"},
        "label": {"column": "repaid", "favourable": "yes"},
    },
    "stages": {"data_readiness": {}},
}
NO_PLAN = {"repo", "evidence"}
"""Keys of excerpts of files that are not ours, or of parts of a checklist."""


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_yaml_is_accepted(page: str, text: str, tmp_path: Path) -> None:
    for part in re.split(r"^# or$", text, flags=re.MULTILINE):
        part = part.replace("9f2c…", "9f2c" * 16)  # shortened on the page
        content = YAML(typ="safe").load(part)
        schema = content.get("schema", "") if isinstance(content, dict) else ""
        if schema.startswith("raudit.people"):
            with pytest.raises(PeopleError, match="key"):  # keys are shortened on the page
                parse_people(part)
        elif schema.startswith("raudit.checklist"):
            parse_checklist(part)
        elif schema.startswith("raudit.waivers"):
            read = load_waivers(_file(tmp_path, part))
            assert read.entries
            assert read.malformed == ()
        elif schema.startswith("raudit.llm-format") or "lacking" in content:
            head = {"schema": "raudit.llm-format/1", "id": "a", "title": "A", "as_of": "2026-01-01"}
            head |= {"tool": "a 1", "container": "jsonl", "recognise": ["run"]}
            Format.model_validate({**head, **content})
        elif schema.startswith("raudit.policy") or "rules" in content:
            head = "" if schema else "schema: raudit.policy/1\nname: page\n"
            load_policy(_file(tmp_path, head + part))
        elif isinstance(content, dict) and not NO_PLAN & set(content):
            _check_plan(content, tmp_path)
        else:
            assert not schema


def _file(folder: Path, text: str) -> Path:
    target = folder / "file.yaml"
    target.write_text(text, encoding="utf-8")
    return target


def _check_plan(content: dict[str, Any], folder: Path) -> None:
    plan = {key: dict(value) if isinstance(value, dict) else value for key, value in BASE.items()}
    for key, value in content.items():
        if key == "data":
            value = {**plan["data"], **value}
            if "connection" in value:
                del value["path"]
        plan[key] = value
    if "model" in content:
        del plan["data"]["prediction"]
    target = folder / "raudit.yaml"
    YAML().dump(plan, target)
    parse_plan(target.read_text(encoding="utf-8"), folder=folder)


# -- Python


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_runs(
    page: str,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    decisions: pd.DataFrame,
) -> None:
    ast.parse(text)
    prepare = PREPARED[page]
    if prepare is None:
        return
    monkeypatch.chdir(tmp_path)
    names = prepare(decisions)
    exec(compile(text, page, "exec"), names)


def _table(decisions: pd.DataFrame) -> dict[str, Any]:
    """What the page on fairness takes as given."""
    decisions.to_parquet("decisions.parquet")
    return {
        "metric": lambda y_true, y_pred: float((y_true == y_pred).mean()),
        "y_true": (decisions["repaid"] == "yes").to_numpy(),
        "y_pred": (decisions["granted"] == "yes").to_numpy(),
        "groups": decisions["sex"],
        "frame": decisions[["sex", "race"]],
        "wrong": (decisions["repaid"] != decisions["granted"]).to_numpy(),
    }


def _model(decisions: pd.DataFrame) -> dict[str, Any]:
    """What the page on explanations takes as given."""
    from sklearn.linear_model import LogisticRegression

    import raudit

    frame = pd.DataFrame({"debt": range(200), "income": [7 * i % 101 for i in range(200)]})
    wanted = ["yes" if row.debt < row.income else "no" for row in frame.itertuples()]
    model = LogisticRegression().fit(frame, wanted)
    return {
        "raudit": raudit,
        "model": model,
        "frame": frame,
        "data": frame,
        "row": wanted.index("no"),
    }


def _frame(decisions: pd.DataFrame) -> dict[str, Any]:
    """What the page on readiness takes as given."""
    frame = decisions.rename(columns={"repaid": "paid"})
    frame["row"] = range(len(frame))
    return {"frame": frame}


def _answers(decisions: pd.DataFrame) -> dict[str, Any]:
    """Give the answers that a page takes as given: those of the example."""
    shutil.copytree(resource_dir("examples") / "adult-income/answers", "answers")
    return {}


PREPARED: dict[str, Any] = {
    "fairness.md": _table,
    "explain.md": _model,
    "data-readiness.md": _frame,
    "log.md": lambda decisions: {},
    "decide-on-a-launch.md": _answers,
    # Each is run by the test of the integration that it shows; here it is only read.
    "integrations.md": None,
    "report.md": None,
}


# -- commands


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "120"},
    )


def commands(page: Path) -> list[str]:
    """The commands of raudit on a page, in their order, without those that set up."""
    text = page.read_text(encoding="utf-8")
    console = "\n".join(
        block["text"] for block in BLOCK.finditer(text) if block["language"] == "console"
    )
    indented = "\n".join(re.findall(r"^ {7}(raudit .*)", text, re.MULTILINE))
    shown = re.findall(r"^(raudit [^#\n]*)", f"{console}\n{indented}", re.MULTILINE)
    return [command.strip() for command in shown if not command.startswith("raudit serve")]


@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/how-to/gate-from-zero.md"])
def test_commands_run_in_their_order(page: str, tmp_path: Path, decisions: pd.DataFrame) -> None:
    decisions.to_csv(tmp_path / "decisions.csv", index=False)
    shown = commands(ROOT / page)
    assert len(shown) >= 3
    for command in shown:
        ran = _run(command, tmp_path)
        allowed = {0} if command.startswith(("raudit init", "raudit verify")) else {0, 1, 3}
        assert ran.returncode in allowed, f"{command}: {ran.stdout}{ran.stderr}"
        if command.startswith("raudit verify"):
            assert "VERIFIED" in ran.stdout
        if command == "raudit run":  # what it prints can be pasted
            printed = ran.stdout.split("Verify it:\n")[1].strip()
            pasted = _run(f"raudit {printed.partition(' ')[2]}", tmp_path)
            assert pasted.returncode == 0, pasted.stdout + pasted.stderr


def test_the_readme_shows_the_commands_of_the_tutorial() -> None:
    tutorial, readme = commands(ROOT / "docs/tutorial.md"), commands(ROOT / "README.md")
    assert [line.split(" --log ")[0] for line in readme] == tutorial
