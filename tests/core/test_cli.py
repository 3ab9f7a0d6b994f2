"""The command line as people meet it: fast help, light imports, clear errors, documented statuses."""

import subprocess
import sys

import pytest
from tests.command_line import raudit

HEAVY = (
    "pandas",
    "sklearn",
    "fairlearn",
    "shap",
    "spacy",
    "presidio_analyzer",
    "weasyprint",
    "pyarrow",
    "scipy",
)


@pytest.mark.parametrize(
    "args",
    [["--help"], ["--version"], ["verify", "--help"], ["run", "--help"], ["doctor", "--help"]],
)
def test_light_commands_load_no_heavy_library(args):
    code = (
        "import sys\nfrom raudit.cli import main\n"
        f"try: main({args!r})\nexcept SystemExit as stop: assert not stop.code, stop.code\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_help_lists_every_command_with_a_line_each():
    done = raudit("--help")
    assert done.returncode == 0
    for name in ("init", "run", "verify", "doctor", "demo", "check"):
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["run", "none.yaml"], 2, "cannot be read"),
        (["run", "--seed", "x"], 2, "not a valid"),
        (["verify", "none.pdf"], 2, "cannot be read"),
        (["init", "none.csv"], 2, "cannot be read"),
        (["run", "--clock", "yesterday"], 2, "not a time"),
    ],
)
def test_a_mistake_is_one_clear_message(args, status, said, tmp_path):
    done = raudit(*args, cwd=tmp_path)
    assert done.returncode == status
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_init_writes_a_plan_that_loads(tmp_path):
    (tmp_path / "d.csv").write_text("id,sex,approved,score\n1,f,yes,0.2\n2,m,no,0.7\n3,f,no,0.4\n")
    done = raudit("init", "d.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "raudit.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert text.count("GUESS") >= 4
    from raudit.plan import load_plan

    plan = load_plan(tmp_path / "raudit.yaml")
    assert plan.file.data.label.column == "approved"
    assert plan.file.data.label.favourable == ("yes",)
    assert plan.file.sensitive_features[0].column == "sex"
    again = raudit("init", "d.csv", cwd=tmp_path)
    assert again.returncode == 2
    assert "plan already" in again.stderr
    assert (tmp_path / "raudit.yaml").read_text() == text


def test_verify_says_what_a_file_is_not(tmp_path):
    for content in (b"", b"not a pdf", b"%PDF-1.7\n%%EOF"):
        (tmp_path / "r.pdf").write_bytes(content)
        done = raudit("verify", "r.pdf", cwd=tmp_path)
        assert done.returncode == 6
        assert "FAILED 1." in done.stdout


def test_doctor_names_what_is_there():
    done = raudit("doctor")
    assert done.returncode in {0, 3}
    assert "language model" in done.stdout


def test_nothing_is_writable_by_everyone_under_an_open_umask(tmp_path):
    (tmp_path / "d.csv").write_text("id,sex,approved,score\n1,f,yes,0.2\n2,m,no,0.7\n3,f,no,0.4\n")
    command = [sys.executable, "-m", "raudit", "init", "d.csv"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, umask=0, timeout=300)
    made = [path for path in tmp_path.rglob("*") if path.name != "d.csv"]
    assert made
    assert not [path.name for path in made if path.stat().st_mode & 0o002]


def test_a_plan_guesses_that_a_risk_is_bad_news(tmp_path):
    """1 in a column of new offences is no good news, nor is a high risk score: both would turn every rate around."""
    rows = "".join(f"{i % 2},{i % 10},{'fm'[i % 2]}\n" for i in range(60))
    (tmp_path / "d.csv").write_text("is_recid,decile_score,sex\n" + rows)
    assert raudit("init", "d.csv", cwd=tmp_path).returncode == 0
    from raudit.plan import load_plan

    data = load_plan(tmp_path / "raudit.yaml").file.data
    assert data.label.favourable == ("0",)
    assert data.score.higher_is_favourable is False


def test_the_summary_shows_each_rule_once(capsys):
    """Nine leaks of one rule do not push what happened to people off the screen."""
    from rich.console import Console

    from raudit.cli._shared import summary
    from raudit.findings import Finding, Severity, Status, Subject

    def finding(rule, number, severity):
        return Finding(
            rule=rule,
            subject=Subject(kind="column", name=f"c{number}"),
            status=Status.FAILED,
            severity=severity,
            statement=f"statement {number} of {rule}",
        )

    class Record:
        findings = (
            *(finding("RA-DATA-007", n, Severity.HIGH) for n in range(9)),
            finding("RA-FAIR-001", 20, Severity.HIGH),
            *(finding(f"RA-PII-{n:03d}", n, Severity.LOW) for n in range(1, 9)),
        )

    console = Console(width=200, force_terminal=False)
    with console.capture() as shown:
        summary._print_worst(console, Record(), Status.FAILED, "What failed")
    text = shown.get()
    assert text.count("RA-DATA-007") == 2, "once as heading and once in its own statement"
    assert "and 8 more of this rule" in text
    assert "statement 20 of RA-FAIR-001" in text
    assert "and 3 findings of 3 rules more in the report" in text
