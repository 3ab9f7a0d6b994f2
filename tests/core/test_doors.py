"""What other packages bring is found, loaded late, and never shadows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from raudit.checklists import load_checklist, shipped_checklists
from raudit.checklists.form.load import checklist_path
from raudit.doors import Door, extensions
from raudit.errors import ExtensionError
from raudit.evidence import discover_stages
from raudit.log import open_store
from raudit.report import template_names
from raudit.report.templates import find_template
from raudit.resources import resource_dir


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package where Python finds it, as an installer would: modules, METADATA and entry_points.txt."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(package, entries, files, version="1.2"):
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text(entries)
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    before = set(sys.modules)
    yield put
    for name in set(sys.modules) - before:
        if name.startswith(("bank", "other", "raudit_")):
            del sys.modules[name]


STAGE = (resource_dir("examples") / "starts/stage/src/raudit_NAME/__init__.py").read_text()


def test_a_stage_of_another_package_is_found_and_options_are_its_own(install):
    install(
        "bank",
        "[raudit.stages]\nmissing = bank_stage:STAGE\n",
        {"bank_stage.py": STAGE.replace("NAME", "missing")},
    )
    stages = discover_stages()
    assert stages["missing"].title == "Missing values"
    assert (
        list(stages)[-1] == "assessments"
    )  # what judges others runs last, whoever brought the others


def test_two_stages_of_one_name_are_refused(install):
    install(
        "bank",
        "[raudit.stages]\npii = bank_stage:STAGE\n",
        {"bank_stage.py": STAGE.replace("NAME", "pii")},
    )
    with pytest.raises(ExtensionError, match=r"two bring the name 'pii'.*bank 1\.2"):
        discover_stages()


def test_two_packages_with_one_entry_are_refused(install):
    for package in ("bank", "other"):
        install(
            package,
            f"[raudit.stages]\nmissing = {package}_s:STAGE\n",
            {f"{package}_s.py": STAGE.replace("NAME", "missing")},
        )
    with pytest.raises(ExtensionError, match=r"bank 1\.2 and the package other 1\.2"):
        extensions(Door.STAGES)


@pytest.mark.parametrize("text", ["raise RuntimeError('x')", "import not_there", "", "STAGE ="])
def test_a_broken_package_is_named_with_what_to_do(install, text):
    install("bank", "[raudit.stages]\nmissing = bank_stage:STAGE\n", {"bank_stage.py": text})
    with pytest.raises(ExtensionError) as caught:
        discover_stages()
    assert "bank 1.2" in str(caught.value)
    assert "pip uninstall bank" in str(caught.value)


def test_checklists_of_another_package(install):
    text = (
        (resource_dir("examples") / "starts/checklist/NAME.yaml")
        .read_text()
        .replace("NAME", "launch-gate")
    )
    install(
        "bank",
        "[raudit.checklists]\nbank = bank_lists\n",
        {"bank_lists/__init__.py": "", "bank_lists/launch-gate.yaml": text},
    )
    assert "launch-gate" in shipped_checklists()
    assert load_checklist(checklist_path("launch-gate")).id == "launch-gate"


def test_a_checklist_that_shadows_ours_is_refused(install):
    install(
        "bank",
        "[raudit.checklists]\nbank = bank_lists\n",
        {"bank_lists/__init__.py": "", "bank_lists/gdpr-dpia.yaml": "x: 1"},
    )
    with pytest.raises(ExtensionError, match="gdpr-dpia"):
        shipped_checklists()


def test_templates_of_another_package(install):
    files = {
        "bank_t/__init__.py": "",
        "bank_t/board/template.yaml": "description: For the board\n",
        "bank_t/board/report.html.j2": "{{ t('issuer') }}",
    }
    install("bank", "[raudit.report_templates]\nbank = bank_t\n", files)
    assert "board" in template_names()
    assert find_template("board").description == "For the board"


def test_a_log_store_of_another_package(install):
    code = (
        "class Vault:\n"
        "    def __init__(self, location, *, create):\n"
        "        self.location, self.create = location, create\n"
    )
    install("bank", "[raudit.log_stores]\nvault = bank_vault:Vault\n", {"bank_vault.py": code})
    store = open_store("vault:credit", create=True)
    assert (store.location, store.create) == ("vault:credit", True)


@pytest.mark.parametrize("kind", ["stage", "checklist", "template"])
def test_a_start_passes_its_own_test(tmp_path, kind):
    def go(*command):
        return subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    made = go(sys.executable, "-m", "raudit", "new", kind, "house")
    assert made.returncode == 0, made.stderr
    assert not list(tmp_path.rglob("*NAME*"))
    ran = (
        go(
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "house",
            "-c",
            "house/pyproject.toml",
        )
        if kind == "stage"
        else go(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "house")
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
    again = go(sys.executable, "-m", "raudit", "new", kind, "house")
    assert again.returncode == 2
    assert "nothing was written" in again.stderr


@pytest.mark.parametrize("name", ["../x", "A", "", "a b", "a" * 60, "é"])
def test_names_that_cannot_be_used(tmp_path, name):
    made = subprocess.run(
        [sys.executable, "-m", "raudit", "new", "checklist", name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 2
    assert not list(tmp_path.iterdir())
