"""Change the code that a verdict rests on in small ways, and see whether a test notices.

Runs mutmut (https://github.com/boxed/mutmut; ``uv pip install mutmut``) on a sample of its mutants in a
copy of the checkout, and prints how many died and how each survivor differs. Words of messages are
left out: a test per wording would fix the wording and find no fault.

    .venv/bin/python scripts/mutation.py log --sample 150 --seed 1
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AREAS: dict[str, tuple[list[str], list[str]]] = {
    "log": (
        [
            "log/attested.py",
            "log/recompute.py",
            "log/rotation.py",
            "log/stores/memory.py",
            "log/tree/checkpoint.py",
            "log/tree/extends.py",
            "log/tree/proof.py",
        ],
        [
            "log/test_edited.py",
            "log/test_small_laws.py",
            "log/test_rollback.py",
            "log/test_note.py",
            "log/test_keys.py",
            "log/test_stamp.py",
        ],
    ),
    "policy": (
        ["policy/judge.py", "policy/waivers.py", "policy/rates.py", "policy/baseline.py"],
        ["gate/test_waivers.py", "gate/test_policy.py", "gate/test_no_flip.py"],
    ),
    "signing": (
        ["signing/changes.py", "signing/judge.py", "signing/trust.py", "signing/certificates.py"],
        [
            "signing/test_before_certification.py",
            "signing/test_odd_certificates.py",
            "signing/test_attacks.py",
        ],
    ),
    "stats": (
        [
            "stats/gaps.py",
            "stats/intervals.py",
            "stats/power.py",
            "stats/resampling.py",
            "stats/tests.py",
        ],
        ["stats/test_edges.py", "stats/test_intervals.py", "stats/test_tests.py"],
    ),
}
"""By area: the modules that are changed, and the tests that are to notice."""

WORDS = (
    r"^\s*(hint|expected|got|where|reference|said|why|text|detail|reason)=",
    r'^\s*r?f?"[^"]*"[,)]*$',
    r"^\s*f?\"",
    r"click\.echo",
    r"raise .*\(\"",
    r"_malformed\(\"",
    r"^\s*return f\"",
    r"yield .*, \"",
)
"""Lines that hold the words of a message and nothing else."""

COPIED = (
    "tests",
    "src",
    "checklists",
    "report_templates",
    "examples",
    "llm_formats",
    "schemas",
    "docs",
    "scripts",
)


def listed(name: str, items: list[str]) -> str:
    """One key of mutmut's setup.cfg."""
    return f"{name}=\n" + "".join(f"    {item}\n" for item in items)


def prepare(folder: Path, area: str) -> None:
    """Copy the checkout and write mutmut's settings into it."""
    modules, tests = AREAS[area]
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    settings = "[mutmut]\n" + "".join(
        (
            listed("source_paths", ["src"]),
            listed("only_mutate", [f"src/raudit/{module}" for module in modules]),
            listed("pytest_add_cli_args_test_selection", [f"tests/{test}" for test in tests]),
            listed("pytest_add_cli_args", ["-p", "no:cacheprovider", "-m", "not slow"]),
            listed("also_copy", [name for name in COPIED if name != "src"]),
            listed("do_not_mutate_patterns", list(WORDS)),
        )
    )
    (folder / "setup.cfg").write_text(settings)


def mutmut(folder: Path, *arguments: str) -> str:
    """Run mutmut in the copy and return what it prints."""
    program = Path(sys.executable).with_name("mutmut")
    done = subprocess.run(  # noqa: S603 -- our own arguments
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout


def results(folder: Path) -> dict[str, str]:
    """What became of every mutant, by name."""
    pairs = re.findall(
        r"^\s*(\S+): (.+)$", mutmut(folder, "results", "--all", "true"), re.MULTILINE
    )
    return dict(pairs)


def main() -> None:
    """Run a sample and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("area", choices=sorted(AREAS))
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--children", default="2", help="mutants that are tried at a time")
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder for the copy")
    asked = parser.parse_args()
    children = asked.children
    asked.folder.mkdir(parents=True, exist_ok=True)
    prepare(asked.folder, asked.area)
    mutmut(asked.folder, "run", "--max-children", children, "no-such-mutant*")
    names = sorted(results(asked.folder))
    chosen = random.Random(asked.seed).sample(names, min(asked.sample, len(names)))  # noqa: S311 -- no secret
    mutmut(asked.folder, "run", "--max-children", children, *chosen)
    ended = {name: status for name, status in results(asked.folder).items() if name in set(chosen)}
    survivors = [name for name, status in ended.items() if "survived" in status]
    untested = [name for name, status in ended.items() if "no tests" in status]
    judged = len(ended) - len(untested)
    print(
        f"{asked.area}: {len(names)} mutants, {len(ended)} of them run, {len(untested)} no test reaches"
    )
    print(f"killed {judged - len(survivors)} of {judged}")
    for name in [*survivors, *untested]:
        print(f"\n{ended[name]}: {name}\n{mutmut(asked.folder, 'show', name)}")


if __name__ == "__main__":
    main()
