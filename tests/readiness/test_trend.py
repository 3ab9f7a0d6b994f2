"""Series of audits: limits, changes, alerts, routes, schedules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from tests.command_line import raudit

from raudit.canonical import sha256
from raudit.errors import UsageError
from raudit.findings import Finding, Interval, Measurement, Severity, Status, Subject
from raudit.record import Input, Outcome, Record, Run, StageRecord, parse_record, record_bytes
from raudit.report import render_html
from raudit.trend import AlertRow, alert_rows, ended, evaluate, series_of, watch
from raudit.trend.records import completeness
from raudit.trend.report import series_record
from raudit.trend.routes import exit_status, open_metrics, webhook_body
from raudit.trend.schedule import KINDS
from raudit.trend.thresholds import Unread, read_condition

START = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)


def audit_at(
    week: int, value: float | None, *, half: float = 0.02, data: str = "", late: bool = False
) -> Record:
    """A record with one ratio, measured on data of its own."""
    interval = (0.6, 0.9) if late else (value - half, value + half) if value is not None else None
    finding = Finding(
        rule="RA-FAIR-003",
        subject=Subject(kind="attribute", name="sex", detail={"metric": "selection_rate_ratio"}),
        status=Status.PASSED,
        severity=Severity.HIGH,
        statement="Measured.",
        measurement=Measurement(
            metric="selection_rate_ratio",
            value=None if late else value,
            n=2000,
            interval=Interval(
                low=interval[0], high=interval[1], method="test", level=1.0 if late else 0.95
            ),
        ),
    )
    stage = StageRecord(
        name="fairness", title="Fairness", outcome=Outcome.COMPLETED, findings=(finding,)
    )
    at = START + timedelta(weeks=week)
    return Record(
        run=Run(
            id=f"{week:016x}",
            clock=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seed=0,
            raudit="0",
            python="3",
            platform="x",
            packages={},
        ),
        system={"name": "Loans", "version": "1"},
        plan={},
        inputs=(Input(role="data", name="d.parquet", sha256=(data or f"{week:064x}"), bytes=1),),
        stages=(stage,),
    )


def stream(
    weeks: int = 20, *, step_at: int | None = None, step: float = -0.12, seed: int = 0
) -> list[Record]:
    rng = np.random.default_rng(seed)
    values = rng.normal(0.9, 0.0102, weeks)
    if step_at is not None:
        values[step_at:] += step
    return [audit_at(week, float(value)) for week, value in enumerate(values)]


def test_an_unchanged_series_is_quiet_and_a_step_is_seen_at_its_week() -> None:
    calm = watch(series_of(stream()), system="Loans")
    assert not calm.out_of_control
    assert not calm.watched[0].changes
    moved = watch(series_of(stream(step_at=14)), system="Loans")
    [watched] = moved.out_of_control
    assert watched.outside[0].at == START + timedelta(weeks=14)
    assert [change.index for change in watched.changes] == [14]


def test_false_alarms_over_a_year_of_weeks() -> None:
    alarms = 0
    for seed in range(60):
        [watched] = watch(series_of(stream(52, seed=seed)), system="Loans").watched
        alarms += bool(watched.outside or watched.changes)
    assert alarms <= 6  # at 5 % for each of the two, more has a chance under 5 %


def test_audits_of_the_same_data_are_one_observation() -> None:
    same = [audit_at(week, 0.9, data="f" * 64) for week in range(20)]
    [watched] = watch(series_of(same), system="Loans").watched
    assert len(watched.tested) == 1
    assert not watched.limits
    assert "same data" in watched.sentence


def test_a_percentage_needs_an_interval_that_excludes_no_change() -> None:
    fell = [audit_at(0, 0.20), audit_at(1, 0.07)]
    [one] = watch(series_of(fell), system="Loans").watched
    assert re.search(r"it fell by 65% \(5\d% to 7\d%\)", one.sentence)
    noise = [audit_at(0, 0.20, half=0.1), audit_at(1, 0.17, half=0.1)]
    [two] = watch(series_of(noise), system="Loans").watched
    assert "%" not in two.sentence.replace("95 %", "")
    assert "chance explains" in two.sentence


def test_measurements_in_two_units_make_no_series() -> None:
    def in_unit(record: Record, unit: str) -> Record:
        (stage,) = record.stages
        (finding,) = stage.findings
        assert finding.measurement is not None
        other = replace(finding, measurement=replace(finding.measurement, unit=unit))
        return replace(record, stages=(replace(stage, findings=(other,)),))

    records = stream(8)
    mixed = [in_unit(record, "log-odds") for record in records[:6]] + records[6:]
    [series] = series_of(mixed)
    assert [point.run for point in series.points] == [record.run.id for record in records[6:]]


def test_records_of_two_systems_make_no_series() -> None:
    other = replace(audit_at(1, 0.9), system={"name": "Rents", "version": "1"})
    with pytest.raises(UsageError, match="different systems"):
        series_of([audit_at(0, 0.9), other])


@pytest.mark.parametrize(
    ("text", "side", "value", "days"),
    [
        ("Under 0.85 over 7 days", "under", 0.85, 7),
        ("over 3.0", "over", 3.0, None),
        ("Above 2 % for 3 weeks", "over", 0.02, 21),
        ("less than 0,8 over the last 28 days", "under", 0.8, 28),
        ("> 0.2 for any input", "over", 0.2, None),
        ("over 7 days under 0.5", "under", 0.5, 7),
        ("over 5 percentage points", "over", 0.05, None),
        ("more than 2 pp", "over", 0.02, None),
        ("> 5 ‰ in any group", "over", 0.005, None),
        ("over .5", "over", 0.5, None),
        ("under −0.1", "under", -0.1, None),
        ("falls below 0.8 for the last 2 weeks", "under", 0.8, 14),
    ],
)
def test_thresholds_are_read(text: str, side: str, value: float, days: int | None) -> None:
    condition = read_condition(text)
    assert not isinstance(condition, Unread)
    assert (condition.side, condition.value) == (side, pytest.approx(value))
    assert condition.window == (timedelta(days=days) if days else None)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("when it looks bad", "No number"),
        ("over 7 days", "No number"),
        ("", "No number"),
        ("twice in a row", "No number"),
        ("drops by more than 10 %", "speaks of a change"),
        ("an increase of over 0.1", "speaks of a change"),
        ("must stay below 0.9", "what should hold"),
        ("not over 0.1", "what should hold"),
        ("below 1 in 100", "more than one number"),
        ("under 0.1 or over 2", "more than one number"),
        ("in 2 of 3 weeks under 0.1", "more than one number"),
        ("10 % below 0.8", "more than one number"),
        ("over 1e-3", "more than one number"),
        ("less than 4/5", "more than one number"),
        ("over 10 points", "not on the scale"),
        ("over 2 standard deviations", "not on the scale"),
        ("over 10 % higher than before", "not on the scale"),
        ("over 1,000", "in two ways"),
        ("over 1.000,5", "in two ways"),
    ],
)
def test_a_threshold_that_cannot_be_read_is_never_quiet(text: str, because: str) -> None:
    [alert] = evaluate(
        [AlertRow(metric="selection rate ratio", threshold=text)], series_of(stream())
    )
    assert alert.state == "not evaluated"
    assert because in alert.sentence


def test_a_series_that_the_latest_audit_does_not_go_on_with_is_named() -> None:
    records = stream()
    assert ended(series_of(records), START + timedelta(weeks=19)) == ()
    [said] = ended(series_of(records), START + timedelta(weeks=20))
    assert "did not measure: 1 of 1 (selection rate ratio of sex)." in said


def test_a_line_that_a_share_never_crosses_and_an_attribute_nobody_measured_are_not_quiet() -> None:
    def state(metric: str, threshold: str, unit: str = "") -> tuple[str, str]:
        records = []
        for record in stream():
            (stage,) = record.stages
            (finding,) = stage.findings
            assert finding.measurement is not None
            named = replace(finding.measurement, metric="selection_rate_difference", unit=unit)
            findings = (replace(finding, measurement=named),)
            records.append(replace(record, stages=(replace(stage, findings=findings),)))
        row = AlertRow(metric=metric, threshold=threshold)
        [alert] = evaluate([row], series_of(records))
        return alert.state, alert.sentence

    metric = "selection rate difference"
    assert state(metric, "over 95 %")[0] == "quiet"
    assert state(metric, "over 5")[0] == "not evaluated"
    assert "never crosses 5" in state(metric, "over 5")[1]
    assert state(metric, "over 5", unit="points")[0] == "quiet"
    assert state(f"{metric} by religion", "over 95 %")[0] == "not evaluated"
    assert state(f"{metric} by sex", "over 95 %")[0] == "quiet"
    assert state(f"{metric}, by group", "over 95 %")[0] == "quiet"


def rows(threshold: str = "Under 0.85 over 28 days") -> list[AlertRow]:
    metric = "Share of approvals by sex, lowest group divided by the highest"
    return [
        AlertRow(
            metric=metric,
            threshold=threshold,
            channel="pager",
            on_call="Ana Ruiz",
            playbook="Switch it off.",
        )
    ]


def test_an_alert_of_the_form_fires_with_who_is_called() -> None:
    records = stream(step_at=14)
    trend = watch(series_of(records), system="Loans")
    [alert] = evaluate(rows(), series_of(records))
    assert alert.state == "firing"
    assert exit_status(trend, [alert]) == 1
    status = exit_status(trend, [alert], whole=False)
    body = json.loads(webhook_body(trend, [alert], at=START, status=status))
    assert body["alerts"][0] | {"sentence": ""} == {
        "state": "firing",
        "metric": rows()[0].metric,
        "fires": "Under 0.85 over 28 days",
        "sentence": "",
        "channel": "pager",
        "on_call": "Ana Ruiz",
        "playbook": "Switch it off.",
    }
    assert len(body["out_of_control"]) == 1
    [quiet] = evaluate(rows(), series_of(stream()))
    assert (quiet.state, exit_status(watch(series_of(stream()), system="Loans"), [quiet])) == (
        "quiet",
        0,
    )


def test_an_alert_on_something_unmeasured_ends_in_three() -> None:
    trend = watch(series_of(stream()), system="Loans")
    alerts = evaluate(
        [AlertRow(metric="Credit lines two months behind, percent", threshold="Over 3")],
        series_of(stream()),
    )
    assert alerts[0].state == "not evaluated"
    assert exit_status(trend, alerts) == 3


@pytest.mark.parametrize("threshold", ["Under 0.85 over 28 days", "Under 0.85"])
def test_what_is_not_measured_any_more_is_not_quiet_for_having_been_once(threshold: str) -> None:
    records = stream()
    unmeasured = [replace(audit_at(40, 0.9), stages=())]
    latest = datetime.fromisoformat(unmeasured[0].run.clock)
    [alert] = evaluate(rows(threshold), series_of([*records, *unmeasured]), newest=latest)
    assert alert.state == "not evaluated"
    assert "was not measured" in alert.sentence
    last = datetime.fromisoformat(records[-1].run.clock)
    assert alert.sentence.endswith(f"the last time was {last:%Y-%m-%d}.")
    [alert] = evaluate(rows(threshold), series_of(records))
    assert alert.state == "quiet"


def test_one_that_is_not_measured_any_more_leaves_an_alert_undecided() -> None:
    def also(record: Record, name: str) -> Record:
        (stage,) = record.stages
        (finding,) = stage.findings
        other = replace(finding, subject=replace(finding.subject, name=name))
        return replace(record, stages=(replace(stage, findings=(finding, other)),))

    records = [also(record, "race") for record in stream()[:-1]] + [stream()[-1]]
    asked = [AlertRow(metric="selection rate ratio", threshold="Under 0.85")]
    [alert] = evaluate(asked, series_of(records))
    assert alert.state == "undecided"
    assert alert.sentence.startswith("Selection rate ratio of race was not measured")
    [alert] = evaluate(asked, series_of([also(record, "race") for record in stream()]))
    assert (alert.state, len(alert.series)) == ("quiet", 2)


def test_the_words_of_people_find_the_metric() -> None:
    from raudit.trend.alerts import matching

    base = series_of(stream())[0]
    named = [
        replace(base, metric=m)
        for m in ("demographic_parity_ratio", "demographic_parity_difference", "psi")
    ]
    texts = {
        "Lowest pre-approval rate of any group by sex or race, divided by the highest": "demographic_parity_ratio",
        "Gap in approvals between women and men": "demographic_parity_difference",
        "Distribution of inputs, population stability index": "psi",
        "Impact ratio by sex": "demographic_parity_ratio",
    }
    assert {text: [one.metric for one in matching(text, named)] for text in texts} == {
        t: [m] for t, m in texts.items()
    }
    assert matching("Days until a decision", named) == ()


def test_late_labels_are_bounds() -> None:
    records = [*stream(6), audit_at(6, None, late=True)]
    series = series_of(records)
    states = {
        t: evaluate(rows(t), series)[0].state for t in ("under 0.5", "under 0.7", "under 0.95")
    }
    assert states == {"under 0.5": "quiet", "under 0.7": "undecided", "under 0.95": "firing"}


def test_open_metrics_is_well_formed() -> None:
    trend = watch(series_of(stream(step_at=14)), system='Lo"an\\s\n')
    text = open_metrics(trend, evaluate(rows(), series_of(stream())))
    assert text.endswith("# EOF\n")
    sample = re.compile(
        r'^raudit_\w+\{(\w+="(?:[^"\\\n]|\\["\\n])*",?)+\} (NaN|[-+0-9.e]+)( \d+)?$'
    )
    for line in text.splitlines():
        assert line.startswith("# ") or sample.match(line), line
    assert 'system="Lo\\"an\\\\s\\n"' in text


def test_alert_rows_take_the_guardrails_action() -> None:
    answers = {
        "monitoring.alerts": (
            {
                "metric": "Approvals by sex, ratio",
                "threshold": "under 0.8",
                "channel": "c",
                "on_call": "A",
            },
        ),
        "problem.guardrails": (
            {"metric": "Days to decide", "action": "Hire"},
            {"metric": "Ratio of approvals by sex", "action": "Stop and call risk"},
        ),
    }
    assert [row.playbook for row in alert_rows(answers)] == ["Stop and call risk"]


def test_the_series_is_a_record_and_the_same_every_time() -> None:
    records = stream(step_at=14)
    trend = watch(series_of(records), system="Loans")
    alerts = evaluate(rows(), series_of(records))
    first, second = (record_bytes(series_record(trend, alerts, records)) for _ in range(2))
    assert first == second
    found = series_record(trend, alerts, records)
    assert found.verdict is not None
    assert found.verdict.exit_status == 1
    assert any("Called: Ana Ruiz, by pager." in finding.statement for finding in found.findings)


def test_a_series_is_told_whole_in_german_with_its_way_of_writing_numbers() -> None:
    records = stream(step_at=14)
    series = series_of(records)
    stored = series_record(watch(series, system="Loans"), evaluate(rows(), series), records)
    page = render_html(parse_record(record_bytes(stored)), template="series", language="de")
    text = " ".join(unescape(re.sub(r"(?s)<style.*?</style>|<[^>]+>", " ", page)).split())
    assert 'lang="en"' not in page
    assert "Verhältnis der Auswahlquoten, sex" in text
    assert re.search(r"ein Rückgang um \d+\u202f% \(\d+\u202f% bis \d+\u202f%\)", page)
    assert re.search(r"der Alarm löst unter 0,85 aus: ausgelöst\. Gerufen: Ana Ruiz", text)
    english = r"\b(?:the|its|fires|went|outside|limits|audits?|days since|firing)\b"
    assert re.findall(rf".{{20}}{english}.{{10}}", text.replace(rows()[0].metric, "")) == []


def test_the_command(tmp_path: Path) -> None:
    for record in stream(step_at=14):
        folder = tmp_path / "audits" / record.run.clock[:10]
        folder.mkdir(parents=True)
        (folder / "record.json").write_bytes(record_bytes(record))
    run = [
        "trend",
        "audits",
        "-o",
        "s.html",
        "-o",
        "s.pdf",
        "-o",
        "s.md",
        "--openmetrics",
        "m.prom",
        "--webhook",
        "w.json",
    ]
    done = raudit(*run, "--clock", "2026-06-01T00:00:00Z", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "Outside their limits" in done.stdout
    assert "Changes of level" in done.stdout
    html = (tmp_path / "s.html").read_text()
    assert "<svg" in html
    text = (tmp_path / "s.md").read_text()
    told = [part.strip() for part in re.split(r"(?<=[.*]) |[|\n]", text) if len(part) > 50]
    assert sorted({part for part in told if told.count(part) > 1}) == []
    assert len(told) > 3
    assert re.search(r"^\| --- \| ---: \|", text, re.MULTILINE)
    assert (tmp_path / "m.prom").read_text().endswith("# EOF\n")
    import pikepdf

    with pikepdf.open(tmp_path / "s.pdf") as pdf:
        assert len(pdf.pages) == 1
    empty = raudit("trend", "nowhere", cwd=tmp_path)
    assert empty.returncode == 2
    assert "error[" in empty.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_snippets_repeat_the_audit_and_the_series(kind: str) -> None:
    text = KINDS[kind]("/srv/my plan/raudit.yaml", "/srv/audits", "week")
    assert "raudit run" in text
    assert "raudit trend" in text
    assert "'/srv/my plan/raudit.yaml'" in text
    if kind == "cron":
        assert "\\%Y" in text
        assert text.splitlines()[1].startswith("17 4 * * 1 ")
    if kind in {"github", "gitlab"}:
        from ruamel.yaml import YAML

        assert YAML(typ="safe").load(text)
    with pytest.raises(UsageError):
        KINDS[kind]("a\nb", "c", "week")


def scripts(plan: str, out: str) -> dict[str, str]:
    """The shell script of each snippet, as its scheduler would read it."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    cron = KINDS["cron"](plan, out, "week").splitlines()[1]
    unit = re.search(r'ExecStart=/bin/sh -c "(.*)"\n', KINDS["systemd"](plan, out, "week"))
    assert unit is not None
    job = yaml.load(KINDS["github"](plan, out, "week"))["jobs"]["audit"]["steps"]
    [line] = [step["run"] for step in job if "raudit run" in step.get("run", "")]
    return {
        "cron": cron.split(" ", 5)[5].replace(r"\%", "%"),
        "systemd": re.sub(r"\\(.)", r"\1", unit[1]).replace("%%", "%").replace("$$", "$"),
        "github": line,
        "gitlab": yaml.load(KINDS["gitlab"](plan, out, "week"))["audit"]["script"][1],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_snippet_runs_the_audit_and_then_the_series(tmp_path: Path, kind: str) -> None:
    """Under ``sh -e`` too, as in CI: the series is made although the audit ended in something else than 0."""
    folder = tmp_path / "it's 5 % mine"
    folder.mkdir()
    tool = tmp_path / "raudit"
    script = scripts(str(folder / "plan $HOME.yaml"), str(folder / "out"))[kind]
    for audit, series, expected in ((0, 0, 0), (3, 0, 3), (0, 1, 1), (1, 3, 1)):
        tool.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{tmp_path}/calls"\n'
            f'[ "$1" = run ] && exit {audit}\nexit {series}\n'
        )
        tool.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", script],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "/nowhere"},
            check=False,
        )
        assert done.returncode == expected
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split(" ")[0] for call in calls] == ["run", "trend"] * 4
    assert f"run {folder}/plan $HOME.yaml --out {folder}/out/20" in calls[0]
    assert f"--plan {folder}/plan $HOME.yaml" in calls[1]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    import shutil

    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    for every in ("day", "week", "month", "quarter"):
        text = KINDS["systemd"]("/srv/it's 5 % mine/raudit.yaml", "/srv/au dits", every)  # type: ignore[arg-type]
        service, timer = text.split("# raudit-audit.timer\n")
        (tmp_path / "raudit-audit.service").write_text(service)
        (tmp_path / "raudit-audit.timer").write_text(timer)
        units = [str(tmp_path / f"raudit-audit.{kind}") for kind in ("service", "timer")]
        done = subprocess.run(
            [verify, "verify", *units], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def logged(location: Path, records: list[Record]) -> None:
    """A log that holds the start and the end of each run."""
    from raudit.log import Event, EventType, create_log_key, open_log

    key = create_log_key(location.with_suffix(".key"), "trend-test")
    with open_log(location, key=key, create=True) as log:
        for record in records:
            digests = dict.fromkeys(("plan", "data", "code", "environment"), "0" * 64)
            started = {**digests, "seed": 0, "system": record.system["name"]}
            finished = {
                "record": sha256(record_bytes(record)),
                "verdict": "passed",
                "exit_status": 0,
            }
            clock = datetime.fromisoformat(record.run.clock)
            for kind, body in (
                (EventType.RUN_STARTED, started),
                (EventType.RUN_FINISHED, finished),
            ):
                event = Event(type=kind, run=record.run.id, actor="tester", body=body)
                log.append([event], clock=clock)


def test_a_run_that_is_left_out_of_the_series_ends_in_three(tmp_path: Path) -> None:
    records = stream(8)
    rents = replace(audit_at(9, 0.9), system={"name": "Rents", "version": "1"})
    logged(tmp_path / "log.db", [*records, rents])
    location = str(tmp_path / "log.db")
    whole = completeness(location, records)
    assert whole.whole
    assert whole.notes == ("Finished runs of Loans that the log holds: 8; in this series: 8.",)
    later = completeness(location, records[3:])
    assert (later.whole, later.notes[1]) == (True, "Runs that are older than the series: 3.")
    gap = completeness(location, [*records[:4], *records[5:]])
    assert not gap.whole
    assert gap.notes[1] == f"Left out of the series: {records[4].run.clock[:16]}."
    other = completeness(location, [*records, audit_at(8, 0.5)])
    assert not other.whole
    assert other.notes[1] == "Records that are not in the log: 1 of 9."
    trend = watch(series_of(records), system="Loans")
    assert trend.watched[0].limits
    assert [exit_status(trend, [], whole=w) for w in (True, False)] == [0, 3]
    record = series_record(trend, [], records, whole=False)
    assert record.verdict is not None
    assert (record.verdict.exit_status, record.verdict.status) == (3, Status.INDETERMINATE)


def test_a_series_in_which_nothing_could_be_seen_is_not_passed() -> None:
    records = stream(3)
    trend = watch(series_of(records), system="Loans")
    assert exit_status(trend, []) == 3
    record = series_record(trend, [], records)
    assert record.verdict is not None
    assert "No alert is declared" in record.verdict.because[0]


PLAN = """schema: raudit.plan/1
system: {name: Small, version: "1"}
data:
  path: data.csv
  label: {column: y, favourable: "yes", unfavourable: "no"}
  prediction: {column: p, favourable: "yes", unfavourable: "no"}
sensitive_features: [sex]
stages: {fairness: {}}
signing: {key: keys/raudit-signing.key, certificate: keys/raudit-signing.crt}
log: {path: log.db, key: keys/log-key.txt}
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_line_for_cron_audits_and_makes_the_series_of_a_log(tmp_path: Path) -> None:
    from raudit.emit.keys import first_keys

    lines = [
        f"{'yes' if i % 3 else 'no'},{'yes' if i % 2 else 'no'},{'fm'[i % 2]}" for i in range(400)
    ]
    (tmp_path / "data.csv").write_text("\n".join(["y,p,sex", *lines]))
    (tmp_path / "raudit.yaml").write_text(PLAN)
    first_keys(tmp_path / "keys", name="Tester", log_name="test-log", clock=START)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    script = scripts(str(tmp_path / "raudit.yaml"), str(tmp_path / "audits"))["cron"]
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            env={"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr  # one group is always chosen, the other never
    [day] = [item for item in (tmp_path / "audits").iterdir() if item.is_dir()]
    assert (tmp_path / "audits" / "series.html").read_text().startswith("<!DOCTYPE html>")
    done = raudit("trend", day, "--log", tmp_path / "log.db")
    # The second run of a day replaced the first.
    assert "the log holds: 2; in this series: 1." in done.stdout
    assert done.returncode == 3, done.stdout
