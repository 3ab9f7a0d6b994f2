"""Whatever data, plans and records say, the outputs only print it: no command, no cursor, no markup, no forged line."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from raudit.gate.anchors import PlanLines
from raudit.gate.outputs import render
from raudit.policy import Policy, Waivers, apply_policy
from raudit.printable import for_markdown, json_text, printable, without_commands

HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31mred",
    "a\x08\x08\x08b",
    "line\nfeed",
    "carriage\rreturn",
    "\r\n::error::forged",
    "\n::set-output name=x::1",
    "::error file=a,line=1::forged",
    "  ::warning::forged",
    "::stop-commands::x",
    "::add-mask::a",
    "\t::notice::x",
    "##[error]forged",
    "x ##[endgroup]",
    "##vso[task.complete result=Succeeded;]",
    "##teamcity[buildStatus status='SUCCESS']",
    "%0A::error::forged",
    "a%0D%0Ab",
    "\u202egnp.exe",
    "\u2066isolate\u2069",
    "\u200emark",
    "\u061cmark",
    "\ufeffmark",
    "line\u2028separator",
    "paragraph\u2029separator",
    "next\x85line",
    "form\x0cfeed",
    "null\0byte",
    "del\x7fete",
    "\U000e0041tag",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[link](http://evil.example)",
    "![img](http://evil.example/x.png)",
    "| cell | cell |",
    "`code` **bold** @somebody #1",
    "https://evil.example/x www.evil.example",
    "- item",
    "# heading",
    "1. item",
    "&lt;b&gt; &#58;",
    "$x^2$",
]
KINDS = ("text", "markdown", "github", "gitlab", "sarif", "junit", "json")


def record_with(make, text):
    finding = make.finding(statement=f"{text} before and after {text}", group=text)
    open_ = make.finding(
        "RA-FAIR-002", status="indeterminate", statement="x", reason=text, group="b"
    )
    stage = make.stage(finding, open_, rules=(make.rule(), make.rule("RA-FAIR-002", title=text)))
    failed = make.stage(name="pii", outcome="failed", reason=text)
    record = make.record(stage, failed, system={"name": text, "version": text})
    verdict = apply_policy(
        record, Policy(name="p"), waivers=Waivers(), baseline=None, today=date(2026, 11, 21)
    )
    return record.with_verdict(verdict)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_output_lets_a_text_act(make, text, kind):
    said = render(record_with(make, text), kind, anchors=PlanLines()).decode()
    acting = {c for c in said if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} and c != "\n"}
    acting |= {c for c in said if unicodedata.category(c) == "Cf" and c != "\u200b"}
    assert not acting
    assert not re.search(r"##\w*\[", said)
    commands = [line for line in said.splitlines() if line.lstrip().startswith("::")]
    if kind == "github":
        assert all(
            re.match(r"::(error|warning|notice) (file|title)=", line) for line in said.splitlines()
        )
        assert len(commands) == 2
        assert "%0A" not in said.replace("%250A", "")
    else:
        assert not commands


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_stays_text(make, text):
    said = render(record_with(make, text), "markdown", anchors=PlanLines()).decode()
    tokens = list(MarkdownIt("gfm-like", {"linkify": False}).parse(said))
    inner = [t.type for token in tokens for t in (token.children or ())]
    assert not {"link_open", "image", "html_inline", "strong_open", "em_open"} & set(inner)
    assert "html_block" not in [t.type for t in tokens]
    plain = render(record_with(make, "Ok"), "markdown", anchors=PlanLines()).decode()
    shape = [t.type for t in MarkdownIt("gfm-like", {"linkify": False}).parse(plain)]
    assert [t.type for t in tokens] == shape
    assert not re.search(r"(?i)https?://|www\.", said)


@pytest.mark.parametrize("text", HOSTILE)
def test_json_means_the_same(text):
    assert json.loads(json_text({"a": [text]})) == {"a": [text]}


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_is_xml(make, text):
    ET.fromstring(render(record_with(make, text), "junit", anchors=PlanLines()).decode())


@pytest.mark.parametrize(
    "text", ["plain", "Grüße, 你好, שלום, हिन्दी", "👩‍👩‍👧 👍🏽", "می‌خواهم", "a::b ## c #[d]"]
)
def test_ordinary_text_is_left_alone(text):
    assert without_commands(printable(text)) == text


def test_markdown_of_ordinary_text_reads_the_same():
    said = for_markdown("Rate 0.5 for A & B (n = 10), see 1.5 of 3")
    assert said == "Rate 0.5 for A &amp; B (n = 10), see 1.5 of 3"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-8"])
def test_a_summary_that_cannot_be_encoded_keeps_the_status(make, tmp_path, encoding):
    from raudit.record import record_bytes

    record = make.record(make.stage(make.finding(statement="Zażółć ≤ ● 你好 \x1b[2J")))
    path = tmp_path / "record.json"
    path.write_bytes(record_bytes(record))
    done = {}
    for name in ("utf-8", encoding):
        done[name] = subprocess.run(
            [
                sys.executable,
                "-m",
                "raudit",
                "check",
                "--record",
                str(path),
                "--no-log",
                "--no-cache",
            ],
            env=os.environ | {"PYTHONIOENCODING": name, "PYTHONUTF8": "0"},
            capture_output=True,
            cwd=tmp_path,
            check=False,
        )
    assert done[encoding].returncode == done["utf-8"].returncode == 1
    assert b"error[internal]" not in done[encoding].stderr
    assert b"\x1b" not in done[encoding].stdout
    assert encoding == "ascii" or done[encoding].stdout.decode(encoding)


def test_an_error_cannot_begin_a_line(tmp_path):
    plan = tmp_path / "a\n::error::forged\x1b[31m.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "raudit", "check", "--config", str(plan)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.lstrip().startswith("::")]


def test_the_summary_of_a_run_only_prints(make, capsys):
    from raudit.cli._shared.summary import print_summary

    for text in HOSTILE:
        print_summary(record_with(make, text))
        said = capsys.readouterr().out
        assert not {c for c in said if unicodedata.category(c) in {"Cc", "Cf"} and c != "\n"}, text
        assert not [
            line for line in said.splitlines() if line.lstrip().startswith("::") or "##[" in line
        ], text
