"""Every event of the log: what its body must hold, what is refused, and that no name of a person is ever hashed in."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from raudit.canonical import canonical_bytes
from raudit.errors import LogError, LogIntegrityError, RecordIntegrityError
from raudit.log import Event, EventType, open_log, parse_entry, salted_digest
from raudit.log.bodies import BODIES, validated_body
from raudit.log.events import _canonical

from .conftest import NOW, A, B, started

D = "c" * 64
EXAMPLES = {
    "run.started": {
        "plan": A,
        "data": {"train": A, "test": B},
        "model": None,
        "code": A,
        "environment": A,
        "seed": 0,
        "system": "credit",
        "policy": B,
        "answers": salted_digest({"q1": "yes"}, bytes(16)),
    },
    "stage.finished": {"stage": "fairness", "outcome": "completed", "result": D},
    "run.finished": {"record": D, "verdict": "passed", "exit_status": 0},
    "run.failed": {"error": "bad-plan", "exit_status": 2},
    "run.aborted": {"reason": "interrupted"},
    "answers.changed": {
        "checklist": "aia",
        "question": "q1",
        "old": A,
        "new": B,
        "by": "Ann Example",
    },
    "answers.submitted": {"checklist": "aia", "answers": A, "by": "Ann Example"},
    "file.downloaded": {"name": "report.pdf", "sha256": A, "system": "Credit", "by": "Ann Example"},
    "signin.failed": {"attempts": 5, "account": "Ann Example"},
    "waiver.granted": {
        "waiver": "w1",
        "rule": "RA-FAIR-001",
        "scope": "sex",
        "expires": "2026-12-31",
        "approver": "Ann Example",
        "digest": D,
    },
    "waiver.approved": {"waiver": "w1", "digest": D, "by": "Ann Example", "statement": A},
    "waiver.revoked": {"waiver": "w1", "by": "Ann Example"},
    "waiver.expired": {"waiver": "w1", "expires": "2026-12-31"},
    "waiver.used": {
        "waiver": "w1",
        "state": "applied",
        "rule": "RA-FAIR-001",
        "finding": "c" * 32,
        "record": A,
    },
    "baseline.approved": {
        "approval": A,
        "baseline": B,
        "added": 3,
        "record": D,
        "by": "Ann Example",
    },
    "review.given": {
        "checklist": "aia",
        "question": "q1",
        "answers": A,
        "state": "accepted",
        "by": "Ann Example",
    },
    "condition.met": {"checklist": "aia", "role": "dpo", "condition": 1, "by": "Ann Example"},
    "signoff.given": {"checklist": "aia", "answers": A, "role": "reviewer", "by": "Ann Example"},
    "signoff.voided": {"checklist": "aia", "signoff": 3, "reason": "answers-changed"},
    "report.rendered": {"record": D, "pdf": A, "template": "standard"},
    "report.issued": {"pdf": B, "record": D, "certificate": A, "rendered": A},
    "report.countersigned": {"pdf": D, "previous": B, "certificate": A},
    "report.superseded": {"pdf": B, "by": D},
    "report.withdrawn": {"pdf": B, "reason": "wrong-data"},
    "policy.changed": {"old": A, "new": B, "by": "Ann Example"},
    "people.changed": {"old": A, "new": B, "enrolled": [D], "withdrawn": [], "by": "Ann Example"},
    "recovery.performed": {"source": "export", "size": 3, "by": "Ann Example"},
}
RESERVED = {"log.opened", "key.rotated", "checkpoint.witnessed"}
"""Written by the log itself, and tested where it does."""


def event(kind: str, **changes) -> Event:
    return Event(type=kind, run="r1", actor="Bob Example", body=EXAMPLES[kind] | changes)


def test_every_type_has_a_body_and_an_example():
    assert set(BODIES) == set(EventType)
    assert set(EXAMPLES) | RESERVED == {str(kind) for kind in EventType}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_event_is_stored_verbatim_as_canonical_bytes(log, kind):
    index = log.append([event(kind)], clock=NOW).index_first
    data = log.entry(index).data
    assert canonical_bytes(json.loads(data)) == data
    assert b"Example" not in data
    entry = log.entry(index)
    assert (entry.type, entry.run, entry.time) == (kind, "r1", "2026-03-01T09:30:00.000000Z")
    assert entry.actor.startswith("salted:")


@pytest.mark.parametrize("kind", EXAMPLES)
def test_unknown_and_missing_fields_are_refused(log, kind):
    with pytest.raises(LogError, match="not of its form"):
        log.append([event(kind, surprise=1)], clock=NOW)
    required = [
        name for name, field in BODIES[EventType(kind)].model_fields.items() if field.is_required()
    ]
    for name in required:
        body = {key: value for key, value in EXAMPLES[kind].items() if key != name}
        with pytest.raises(LogError, match="not of its form"):
            log.append([Event(type=kind, run="r1", actor="service:ci", body=body)], clock=NOW)
    assert log.size == 0


def test_one_bad_event_keeps_the_whole_batch_out(log):
    with pytest.raises(LogError):
        log.append([started(), event("run.failed", exit_status="x")], clock=NOW)
    assert log.size == 0
    assert log.append([started()], clock=NOW).index_first == 1


@pytest.mark.parametrize("kind", sorted(RESERVED))
def test_what_the_log_writes_itself_cannot_be_appended(log, kind):
    log.append([started()], clock=NOW)
    with pytest.raises(LogError):
        log.append(
            [Event(type=kind, body={"note": "x", "witness": "y"}, actor="service:ci")], clock=NOW
        )


def test_a_log_may_say_what_it_continues(tmp_path, key):
    body = {
        "origin": key.name,
        "vkey": key.vkey,
        "continues": "last checkpoint of the log before\n",
    }
    with open_log(tmp_path / "next.db", key=key, create=True) as log:
        log.append([Event(type="log.opened", body=body, actor="service:ci"), started()], clock=NOW)
        assert (log.size, log.entry(0).body["continues"]) == (2, body["continues"])
    with (
        open_log(tmp_path / "wrong.db", key=key, create=True) as log,
        pytest.raises(LogError, match="own key"),
    ):
        log.append(
            [Event(type="log.opened", body=body | {"vkey": "another"}, actor="service:ci")],
            clock=NOW,
        )


@pytest.mark.parametrize(
    "bad",
    [
        replace(started(), type="run.invented"),
        replace(started(), run=""),
        replace(started(), run="a b"),
        replace(started(), run="r\n1"),
        replace(started(), actor=""),
        replace(started(), body=started().body | {"seed": 2**60}),
        replace(started(), body=started().body | {"plan": A + "\n"}),
        replace(started(), body=started().body | {"plan": "A" * 64}),
        replace(started(), body=started().body | {"data": {f"part{i}": A for i in range(1000)}}),
    ],
)
def test_bad_events_are_refused_with_words(log, bad):
    with pytest.raises(LogError) as caught:
        log.append([bad], clock=NOW)
    assert caught.value.reference.startswith("log-")
    assert log.size == 0


def test_an_empty_append_and_a_clock_without_zone_are_refused(log):
    with pytest.raises(LogError, match="nothing to append"):
        log.append([], clock=NOW)
    with pytest.raises(LogError, match="no time zone"):
        log.append([started()], clock=datetime(2026, 1, 1))  # noqa: DTZ001


def test_times_are_written_in_utc(log):
    local = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    index = log.append([started()], clock=local).index_first
    assert log.entry(index).time == "2026-03-01T06:30:00.000000Z"


def test_one_person_has_one_pseudonym_and_can_be_forgotten(log, tmp_path):
    log.append([event("waiver.revoked", by="Bob Example"), event("policy.changed")], clock=NOW)
    people = log.people()
    assert sorted(people.values()) == ["Ann Example", "Bob Example"]
    revoked = log.entry(1)
    assert revoked.actor == revoked.body["by"]
    held = log.checkpoint(NOW)
    assert log.forget(revoked.actor)
    assert not log.forget(revoked.actor)
    assert list(log.people().values()) == ["Ann Example"]
    assert not log.verify([held]).failed
    log.append([event("waiver.revoked", by="Bob Example")], clock=NOW)
    assert log.entry(3).actor != revoked.actor  # the old salt is gone: nothing links the two


def test_the_forgotten_name_is_gone_from_the_files(log, tmp_path):
    log.append([replace(started(), actor="Quirinius Testperson")], clock=NOW)
    found = [path for path in tmp_path.iterdir() if b"Quirinius" in path.read_bytes()]
    assert found
    log.forget(next(iter(log.people())))
    assert not [path for path in tmp_path.iterdir() if b"Quirinius" in path.read_bytes()]


def test_salted_digests_hide_small_values():
    salts = bytes(16), bytes(15) + b"\x01"
    assert salted_digest("yes", salts[0]) != salted_digest("yes", salts[1])
    assert salted_digest("yes", salts[0]) != salted_digest("no", salts[0])
    with pytest.raises(LogError, match="too short"):
        salted_digest("yes", b"short")


def test_finding_by_type_run_and_actor_needs_no_index(log):
    log.append(
        [started("r1"), event("run.finished"), started("r2"), started("run.started")], clock=NOW
    )
    assert [entry.index for entry in log.find(type="run.started")] == [1, 3, 4]
    assert [entry.index for entry in log.find(run="r1")] == [1, 2]
    assert [entry.index for entry in log.find(type="run.started", run="r2")] == [3]
    assert [entry.index for entry in log.find(actor="service:raudit")] == [0]
    assert list(log.find(run='"')) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.text('\x00\x1f\x7f"\\\\\n/é€\U0001f600'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc\x00é\ue000\U0001f600"), JSON))
def test_the_fast_way_writes_the_bytes_of_rfc_8785(value):
    assert _canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [{"a": 2**53}, {"a": float("nan")}, {"a": "\ud800"}, {"\ud800": 1}]
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(RecordIntegrityError):
        _canonical(value)


@given(st.binary(max_size=300))
def test_whatever_stands_in_the_store_is_an_entry_or_an_error(data):
    with contextlib.suppress(LogIntegrityError):
        assert parse_entry(5, data).index == 5


@given(
    st.dictionaries(
        st.sampled_from(["plan", "data", "seed", "code", "x"]),
        st.one_of(st.none(), st.text(), st.integers()),
    )
)
def test_arbitrary_bodies_are_validated_or_refused(body):
    with contextlib.suppress(LogError):
        assert validated_body(replace(started(), body=body), lambda name: "salted:" + A) == body
