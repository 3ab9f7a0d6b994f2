"""What the plan may say under ``stages: llm:``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from raudit.validate import Strict


def _texts(value: object) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Share = Annotated[float, Field(ge=0, le=1)]


class Only(Strict):
    """Turns that are looked at."""

    column: str
    """Column of the table of turns."""
    values: Texts
    """Values of the column that are looked at."""


class Outcome(Strict):
    """Something that is so or not so of an answered turn, such as a refusal."""

    name: str = Field(min_length=1, max_length=60)
    """Name to print."""
    column: str
    """Column of the table of turns: ``refused``, ``passed.TEST``, ``judge.NAME``, ``human.NAME``, ``downvoted``."""
    positive: Texts = ("true",)
    """Values of the column that mean it is so."""
    negative: Texts = ()
    """If given, any value in neither set counts as not judged; if not, every other value means it is not so."""
    judged_by: Literal["judge", "people", "record"] | None = None
    """``judge``: a model or a string match, which needs a sample by people. ``people``: reviewed. ``record``: something
    that happened, such as a downvote. By default told from the column: ``human.`` is people, the counters are records,
    anything else is a judge."""
    human: Texts = ()
    """Columns of labels by people, of the same values; the sample that a judge is held against."""
    reference: str | None = None
    """Column with the label that people settled on; by default the one that most of them gave."""
    only: tuple[Only, ...] = ()
    """Only turns with these values."""
    max_rate: Share | None = None
    """Largest accepted share of turns."""
    min_rate: Share | None = None
    """Smallest accepted share."""
    max_gap: Share | None = None
    """Largest accepted difference between groups."""

    def source(self) -> Literal["judge", "people", "record"]:
        """What the labels rest on."""
        if self.judged_by is not None:
            return self.judged_by
        if self.column.startswith("human."):
            return "people"
        return "record" if self.column in RECORDS else "judge"


RECORDS = frozenset(
    {
        "downvoted",
        "escalated",
        "resolved",
        "reopened",
        "abandoned",
        "deflected",
        "status",
        "decision",
    }
)
"""Columns of things that happened."""


class Judges(Strict):
    """When a sample by people is enough to trust a judge."""

    min_labels: int = Field(default=40, ge=10)
    """Turns that people must have labelled, for each model and prompt version that is spoken about."""
    min_labels_per_group: int = Field(default=15, ge=5)
    """The same in each group, where groups are compared."""
    min_sensitivity: Share | None = None
    """Smallest accepted share of positive turns that the judge finds."""
    min_specificity: Share | None = None
    """Smallest accepted share of negative turns that the judge leaves alone."""
    min_agreement: float | None = Field(default=None, ge=-1, le=1)
    """Smallest accepted Krippendorff's alpha of the people themselves."""


class Pairs(Strict):
    """The same text with a group swapped."""

    variant: str
    """Column of the group that was swapped, such as ``group.gender``."""
    pair: str = "pair_id"
    """Column that names the text."""
    outcome: Outcome | None = None
    """What is compared; a rate."""
    score: str | None = None
    """Column of a score that is compared, such as ``score`` or ``test.helpfulness``."""
    top: tuple[int, ...] = ()
    """Selections of the k best scores, for each of which shares by group are given."""
    max_difference: Share | None = None
    """Largest accepted difference of shares between two variants of the same texts."""
    max_score_difference: float | None = Field(default=None, ge=0)
    """The same for the mean score."""
    min_top_ratio: Share | None = None
    """Smallest accepted ratio of shares among the k best."""

    @model_validator(mode="after")
    def _something(self) -> Pairs:
        if self.outcome is None and self.score is None:
            raise ValueError("name an outcome or a score to compare")
        for name, needs in (
            ("max_difference", "outcome"),
            ("max_score_difference", "score"),
            ("top", "score"),
            ("min_top_ratio", "top"),
        ):
            if getattr(self, name) not in (None, ()) and not getattr(self, needs):
                raise ValueError(f"{name} is held against {needs}: name {needs} too")
        return self


class Change(Strict):
    """Another prompt or model on the same questions."""

    by: Literal["prompt_version", "model"] = "prompt_version"
    """What changed: the prompt's version, or the model."""
    before: str
    """Value of the old one."""
    after: str
    """Value of the new one."""
    outcome: Outcome
    """What is compared; positive is taken as good."""
    item: str | None = None
    """Column that names the question; by default the digest of the prompt."""
    margin: Share | None = None
    """By how much the new one may be worse, overall and in each group."""

    @model_validator(mode="after")
    def _two(self) -> Change:
        if self.before == self.after:
            raise ValueError("before and after name the same version")
        return self


class Attacks(Strict):
    """Recorded attempts to break the system."""

    name: str = "attack"
    """Name to print."""
    outcome: Outcome
    """Positive means that the attack succeeded: ``attacked``, or ``passed.DETECTOR`` with ``positive: false``."""
    control: str | None = "control"
    """Column that names what was tested, such as the probe; results are given for each."""
    tolerance: Share | None = None
    """Largest accepted share of successful attacks; held against the upper bound."""


class Counter(Strict):
    """What success costs: downvotes, escalations, reopened and abandoned conversations."""

    outcome: Outcome
    """Positive is the harm."""
    by: Literal["prompt_version", "model"] | None = None
    """What changed, where two versions are compared."""
    before: str | None = None
    """Value of the old one."""
    after: str | None = None
    """Value of the new one."""
    margin: Share | None = None
    """By how much the harm may be more frequent after a change."""
    max_rate: Share | None = None
    """Largest accepted share; where two versions are compared, of the new one."""

    @model_validator(mode="after")
    def _two(self) -> Counter:
        change = (self.by, self.before, self.after)
        if any(change) and not all(change):
            raise ValueError("a change needs all of by, before and after")
        if self.before is not None and self.before == self.after:
            raise ValueError("before and after name the same version")
        if self.by is None and self.margin is not None:
            raise ValueError("margin is held against a change: name by, before and after too")
        return self


class Stereotypes(Strict):
    """Questions with stereotyped answers (BBQ)."""

    predicted: str = "output"
    """``output`` digests cannot be matched: name a column ``answer.NAME`` with the recorded answer."""
    max_bias: float | None = Field(default=None, ge=0, le=100)
    """Largest accepted bias score, in percent either way."""


class LlmOptions(Strict):
    """Options of the stage."""

    groups: Texts = ()
    """Groups that are compared, without ``group.``; all that the turns have if empty."""
    max_error_rate: Share | None = 0.05
    """Largest accepted share of calls without an answer."""
    outcomes: tuple[Outcome, ...] = ()
    """What is measured of every answered turn."""
    pairs: tuple[Pairs, ...] = ()
    """The same texts with a group swapped."""
    changes: tuple[Change, ...] = ()
    """Other prompts or models on the same questions."""
    attacks: tuple[Attacks, ...] = ()
    """Recorded attempts to break the system."""
    counters: tuple[Counter, ...] = ()
    """What success costs."""
    stereotypes: tuple[Stereotypes, ...] = ()
    """Questions with stereotyped answers."""
    tabulate: Texts = ()
    """Columns of labels whose shares are printed, overall and by group."""
    tabulate_by: Texts = ()
    """Columns by which they are broken down; the groups if empty."""
    numbers: dict[str, float] = Field(default_factory=dict)
    """Numbers compared between groups (``latency_ms``, ``cost_usd``, ``output_chars``), with the largest accepted
    difference of means as a share of the overall mean."""
    system_prompt_words: int | None = Field(default=None, ge=8)
    """Longest accepted run of words that an answer shares with the standing instructions."""
    cluster: str | None = None
    """Column whose turns belong together, such as ``conversation_id``; by default conversation, item or prompt."""
    judges: Judges = Judges()
    """When a sample by people is enough to trust a judge."""
    min_group: int = Field(default=30, ge=5)
    """Smaller groups are shown and compared with nothing."""
    level: float = Field(default=0.95, gt=0.5, lt=1)
    """Coverage of intervals."""

    @property
    def asks(self) -> bool:
        """Whether anything is asked of the answers; what is tabulated alone is judged by nothing."""
        measures = (self.outcomes, self.pairs, self.changes, self.attacks, self.counters)
        return any(map(bool, (*measures, self.stereotypes, self.numbers, self.system_prompt_words)))
