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


def test_what_was_signed_of_one_system_proves_nothing_of_another(
    room,
    run,  # noqa: F811
    decided,  # noqa: F811
):
    plan = Path("raudit.yaml").read_text()
    Path("raudit.yaml").write_text(plan.replace(ADVISORY, WANTED))
    judged(run, status=0)
    other = Path("raudit.yaml").read_text().replace("name: Credit", "name: Mortgage")
    Path("raudit.yaml").write_text(other)
    said = judged(run, status=3)
    assert "8 of 8 reviews of small are stated, not proven" in str(said["verdict"]["because"])
    assert "what was signed is about “Credit”, and this audit is about “Mortgage”" in str(said)
    # What a policy does not make must hold, it still counts.
    Path("raudit.yaml").write_text(other.replace(WANTED, ADVISORY))
    (reason,) = judged(run, status=0)["verdict"]["because"]
    assert reason.endswith("passed, 1 failed without blocking, 4 could not be told.")
