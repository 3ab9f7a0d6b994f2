"""Files put back as they were before somebody sent an answer back, or dated ahead: the log remembers."""

from __future__ import annotations

from pathlib import Path

from .test_proof import ADVISORY, WANTED, decided, judged, run  # noqa: F401 -- fixtures

FILES = ("small-answers.yaml", "small-answers.statements.jsonl", "small-answers.history.jsonl")


def test_a_send_back_that_was_taken_out_everywhere_is_remembered_by_the_log(
    room,
    run,  # noqa: F811
    decided,  # noqa: F811
):
    plan = Path("raudit.yaml").read_text()
    Path("raudit.yaml").write_text(plan.replace(ADVISORY, WANTED))
    judged(run, status=0)
    kept = {name: Path(name).read_bytes() for name in FILES if Path(name).exists()}
    assert len(kept) >= 2
    later = ["--clock", "2026-11-22T12:00:00Z"]
    by = ["--by", "bob", "--key", room.keys["bob"], *later]
    run("assess", "review", "small-answers.yaml", "--send-back", "c=no", *by)
    for name, data in kept.items():
        Path(name).write_bytes(data)
    said = str(judged(run, status=3)["verdict"]["because"])
    assert "c accepted by bob" in said, said
