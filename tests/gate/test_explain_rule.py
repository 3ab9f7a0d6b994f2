"""``raudit explain``: every rule of every stage, and a near miss."""

from __future__ import annotations

from raudit.evidence import discover_stages


def test_every_rule_is_explained(raudit):
    rules = [rule for stage in discover_stages().values() for rule in stage.rules]
    listed = raudit("explain")
    assert listed.status == 0
    for rule in rules:
        assert f"{rule.id}  {rule.title}" in listed.out
        done = raudit("explain", rule.id.lower())
        assert done.status == 0
        assert "What to do when it fails" in done.out
        assert " ".join(rule.fix.split()) in " ".join(done.out.split())


def test_a_rule_that_is_none(raudit):
    done = raudit("explain", "RA-FAIR-099")
    assert done.status == 2
    assert "error[rule-unknown]" in done.err
    assert "RA-FAIR-0" in done.err


def test_records_can_be_compared_from_python(make):
    import raudit as api

    record = make.record(make.stage(make.finding()))
    assert api.compare_records(record, record).changes[0].state == "same"
