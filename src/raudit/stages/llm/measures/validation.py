"""A judge's labels counted against people's, and what a share is worth that is corrected by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raudit.sentences import say, term
from raudit.stages.llm.frame import Floats
from raudit.stages.llm.say import percent
from raudit.stats import Estimate, Stratum, prediction_powered, rogan_gladen

EXPECTED = 5
"""Labels that a random sample holds of turns that it misses in less than one case of 100."""

BY_CHANCE = 0.0005
"""Smallest chance, at either side, at which labels are still taken for a random sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A judge against the people who labelled a sample of the same turns."""

    turns: int
    """Turns the judge labelled."""
    judged: int
    """How many of them it called positive."""
    labelled: int
    """Turns that both it and people labelled."""
    hits: int
    positives: int
    rejections: int
    negatives: int

    @property
    def blind_spot(self) -> str:
        """Which of the judge's labels people never looked at, although a random sample would have; or empty."""
        called = self.hits + self.negatives - self.rejections
        for word, turns, labels in (
            ("positive", self.judged, called),
            ("negative", self.turns - self.judged, self.labelled - called),
        ):
            if not labels and turns * self.labelled >= EXPECTED * self.turns:
                return say(
                    "people labelled no turn that the judge calls {word}: no random sample",
                    word=term(word),
                )
        return ""

    @property
    def out_of_proportion(self) -> str:
        """How people's labels are no random part of the turns; empty where they may be one.

        Where turns that the judge calls positive were labelled more often than others, positives that it missed are
        too rare among the labels, and its sensitivity among them is too high (verification bias; Begg and Greenes
        1983). Rates are corrected within each of its labels, which proportions do not touch.
        """
        from scipy.stats import hypergeom

        called = self.hits + self.negatives - self.rejections
        expected = hypergeom(self.turns, self.judged, self.labelled)
        if min(expected.cdf(called), expected.sf(called - 1)) >= BY_CHANCE:
            return ""
        return say(
            "people labelled turns out of proportion: the judge calls {labelled} of theirs positive and {all} of all, "
            "so its sensitivity and specificity hold for theirs alone",
            labelled=percent(called / self.labelled),
            all=percent(self.judged / self.turns),
        )

    @property
    def sensitivity(self) -> float:
        """Share of people's positives that the judge calls so."""
        return self.hits / self.positives if self.positives else float("nan")

    @property
    def specificity(self) -> float:
        """Share of people's negatives that the judge calls so."""
        return self.rejections / self.negatives if self.negatives else float("nan")

    @property
    def informs(self) -> bool:
        """Whether it calls people's positives positive more often than their negatives; True if one is unseen."""
        if not self.positives or not self.negatives:
            return True
        return self.sensitivity + self.specificity > 1

    @property
    def kappa(self) -> float:
        """Cohen's kappa of judge and people."""
        n = self.labelled
        if not n:
            return float("nan")
        said = self.hits + self.negatives - self.rejections
        chance = (said * self.positives + (n - said) * self.negatives) / n**2
        return (
            ((self.hits + self.rejections) / n - chance) / (1 - chance)
            if chance < 1
            else float("nan")
        )

    @property
    def constant(self) -> float:
        """Accuracy of a judge that always gives the more frequent label."""
        return (
            max(self.positives, self.negatives) / self.labelled if self.labelled else float("nan")
        )


def validate(judged: Floats, people: Floats) -> Validation:
    """Count a judge's labels against people's; NaN means no label."""
    known = ~np.isnan(judged)
    both = known & ~np.isnan(people)
    j, h = judged[both] == 1, people[both] == 1
    return Validation(
        turns=int(known.sum()),
        judged=int((judged[known] == 1).sum()),
        labelled=int(both.sum()),
        hits=int((j & h).sum()),
        positives=int(h.sum()),
        rejections=int((~j & ~h).sum()),
        negatives=int((~h).sum()),
    )


def corrected(
    judged: Floats, people: Floats, *, seed: int, level: float, beyond: float | None = None
) -> Estimate:
    """Share of positive turns, from the judge's labels of all and people's of a sample; see prediction_powered."""
    known = ~np.isnan(judged)
    strata = []
    for value in (1.0, 0.0):
        part = known & (judged == value)
        labels = people[part]
        labels = labels[~np.isnan(labels)]
        if part.any():
            strata.append(Stratum(int(part.sum()), labels.size, int((labels == 1).sum())))
    return prediction_powered(strata, seed=seed, level=level, beyond=beyond)


def gladen(found: Validation, *, seed: int, level: float) -> Estimate:
    """The same by Rogan and Gladen's correction."""
    return rogan_gladen(
        found.judged,
        found.turns,
        hits=found.hits,
        positives=found.positives,
        rejections=found.rejections,
        negatives=found.negatives,
        seed=seed,
        level=level,
    )
