"""The recogniser's matrix products give spaCy's own entities."""

import json

import pyarrow.parquet as pq
import pytest

from raudit.stages.pii.recognise.entities import entities
from raudit.stages.pii.recognise.models import find_model

ODD = [
    "",
    " ",
    "   ",
    "John",
    "John Smith",
    " John Smith",
    "John  Smith ",
    "John\tSmith\nParis",
    "a\x1eb",
    "\x1e",
    "\ufeffAnna",
    "Mr. O'Brien can't go to New York tomorrow, I'm told :) :-( ...",
    "AT&T, Inc. (NYSE: T) rose 3.5% on Monday",
    "née Müller-Lüdenscheidt",
    "李小龙 met Bruce Lee",
    "\u202eemos eno",
    "🙂 Angela Merkel 🙂",
    "Anna " * 700,
    "x" * 900,
]


@pytest.fixture(scope="module")
def model():
    found = find_model()
    assert found is not None
    assert found.network is not None
    return found


def differences(model, texts):
    ours = [sorted(found) for found in entities(model.pipe, model.network, texts)]
    docs = model.pipe.pipe(texts, batch_size=512)
    theirs = [sorted((e.label_, e.start_char, e.end_char) for e in doc.ents) for doc in docs]
    return [text for text, a, b in zip(texts, ours, theirs, strict=True) if a != b]


def test_odd_texts(model):
    assert differences(model, ODD) == []


def test_it_does_not_matter_what_else_is_in_the_batch(model):
    together = list(entities(model.pipe, model.network, ODD))
    assert together == [next(iter(entities(model.pipe, model.network, [text]))) for text in ODD]


def test_sentences(model, shared):
    texts = [
        entry["full_text"]
        for entry in json.loads(shared("data/pii/synth_dataset_v2.json").read_text())
    ]
    assert differences(model, texts[:600]) == []


def test_cells_of_a_table(model, shared):
    table = pq.read_table(shared("data/pii/table_3000.parquet")).slice(0, 700)
    values = [
        str(v)
        for name in table.column_names
        for v in table.column(name).unique().to_pylist()
        if v is not None
    ]
    assert differences(model, values) == []


def test_nothing_stays_in_the_vocabulary(model):
    before = len(model.pipe.vocab.strings)
    list(entities(model.pipe, model.network, [f"Qwertz{i} Asdfgh{i}" for i in range(500)]))
    assert len(model.pipe.vocab.strings) - before < 50
