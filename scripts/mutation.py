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
    "checklists": (
        [
            "checklists/answers.py",
            "checklists/assess/*.py",
            "checklists/compare.py",
            "checklists/conditions.py",
            "checklists/form/expressions.py",
            "checklists/form/migrate.py",
            "checklists/history.py",
            "checklists/proofs.py",
            "checklists/signoff.py",
            "checklists/splice.py",
            "checklists/states.py",
            "checklists/walk.py",
            "checklists/writing/*.py",
        ],
        [
            "checklists/test_conditions.py",
            "checklists/test_dpia.py",
            "checklists/test_exchange_faults.py",
            "checklists/test_expressions.py",
            "checklists/test_launch_readiness.py",
            "checklists/test_laws.py",
            "checklists/test_lint.py",
            "checklists/test_small_laws.py",
            "checklists/test_walk.py",
            "people/test_last_word.py",
            "people/test_proof.py",
            "people/test_writing.py",
        ],
    ),
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
        [
            "policy/baseline.py",
            "policy/compare.py",
            "policy/difference.py",
            "policy/drift.py",
            "policy/judge.py",
            "policy/load.py",
            "policy/model.py",
            "policy/rates.py",
            "policy/waive.py",
            "policy/waived.py",
            "policy/waivers.py",
        ],
        [
            "gate/test_baseline.py",
            "gate/test_waivers.py",
            "gate/test_policy.py",
            "gate/test_no_flip.py",
            "gate/test_difference.py",
            "gate/test_drift.py",
            "gate/test_waive_compare.py",
            "gate/test_compare_gaps.py",
        ],
    ),
    "signing": (
        [
            "signing/certificates.py",
            "signing/changes.py",
            "signing/container.py",
            "signing/content.py",
            "signing/judge.py",
            "signing/keys.py",
            "signing/names.py",
            "signing/revisions.py",
            "signing/trust.py",
            "signing/verdict.py",
        ],
        [
            "signing/test_before_certification.py",
            "signing/test_odd_certificates.py",
            "signing/test_attacks.py",
            "signing/test_keys.py",
            "signing/test_names.py",
            "signing/test_small_laws.py",
            "signing/test_timestamps.py",
        ],
    ),
    "statements": (
        [
            "emit/enrolment.py",
            "emit/known.py",
            "statements/check.py",
            "statements/enrolment.py",
            "statements/envelope.py",
            "statements/passkey.py",
            "statements/statement.py",
            "statements/storage.py",
            "verify/decided.py",
        ],
        [
            "people/test_known.py",
            "people/test_last_word.py",
            "people/test_statement_files.py",
            "people/test_statements.py",
            "people/test_passkey_attacks.py",
            "verify/test_decided.py",
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
    "verify": (
        [
            "verify/__init__.py",
            "verify/accept.py",
            "verify/against_log.py",
            "verify/pages.py",
            "verify/steps.py",
        ],
        ["verify/test_against_log.py", "verify/test_steps.py"],
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
    "benchmarks",
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


KILLED, SURVIVED, UNREACHED, TIMED_OUT = "killed", "survived", "no tests", "timeout"
"""How mutmut calls what became of a mutant."""


def listed(name: str, items: list[str]) -> str:
    """One key of mutmut's setup.cfg."""
    return f"{name}=\n" + "".join(f"    {item}\n" for item in items)


def prepare(folder: Path, area: str, chosen: list[str]) -> None:
    """Copy the checkout and write mutmut's settings into it; ``chosen`` are the modules to change, or none for all."""
    modules, tests = AREAS[area]
    if unknown := set(chosen) - set(modules):
        raise SystemExit(f"{area} has no module {', '.join(sorted(unknown))}")
    modules = chosen or modules
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
    (folder / f"{arguments[0]}.txt").write_text(done.stdout + done.stderr)
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
    parser.add_argument(
        "--module", action="append", default=[], help="only this module of the area"
    )
    parser.add_argument("--children", default="2", help="mutants that are tried at a time")
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder for the copy")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    prepare(asked.folder, asked.area, asked.module)
    mutmut(asked.folder, "run", "--max-children", asked.children, "no-such-mutant*")
    names = sorted(results(asked.folder))
    chosen = random.Random(asked.seed).sample(names, min(asked.sample, len(names)))  # noqa: S311 -- no secret
    mutmut(asked.folder, "run", "--max-children", asked.children, *chosen)
    report(asked.folder, asked.area, len(names), chosen)


def report(folder: Path, area: str, count: int, chosen: list[str]) -> None:
    """Print what became of the sample; a run in which no test ran must not look like one that killed all."""
    statuses = results(folder)
    ended = {name: statuses[name] for name in sorted(chosen)}
    by_status: dict[str, list[str]] = {}
    for name, status in ended.items():
        by_status.setdefault(status, []).append(name)
    unknown = set(by_status) - {KILLED, SURVIVED, UNREACHED, TIMED_OUT}
    if unknown or not by_status:
        told = ", ".join(f"{len(by_status[status])} {status}" for status in sorted(unknown))
        raise SystemExit(f"{area}: the tests did not run ({told}); see {folder / 'run.txt'}")
    unreached = by_status.get(UNREACHED, [])
    killed = len(by_status.get(KILLED, [])) + len(by_status.get(TIMED_OUT, []))
    print(f"{area}: {count} mutants, {len(ended)} of them run, {len(unreached)} no test reaches")
    print(f"killed {killed} of {len(ended) - len(unreached)} ", end="")
    print(f"({len(by_status.get(TIMED_OUT, []))} of these by taking too long)")
    for name in [*by_status.get(SURVIVED, []), *unreached]:
        print(f"\n{ended[name]}: {name}\n{mutmut(folder, 'show', name)}")


if __name__ == "__main__":
    main()
