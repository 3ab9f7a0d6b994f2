"""Which output of the model is explained."""

from __future__ import annotations

from dataclasses import dataclass

from raudit.model import Model, favourable_places
from raudit.sentences import joined, say

MOST = 3
"""Classes of a multiclass model that are explained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One output."""

    label: str
    """The class; empty for regression."""
    place: int
    """Its place among the model's classes; -1 for regression."""
    suffix: str = ""
    """What sets its tables and figures apart where several outputs are explained."""
    note: str = ""
    """Why this output, if the plan does not say it."""

    @property
    def classes(self) -> frozenset[str]:
        """As ``explain`` takes it."""
        return frozenset({self.label}) if self.label else frozenset()

    @property
    def towards(self) -> str:
        """What a positive value points at, in words."""
        return say("toward “{label}”", label=self.label) if self.label else "upwards"


def targets_of(
    model: Model, favourable: frozenset[str], counts: dict[str, int]
) -> tuple[Target, ...]:
    """Choose the outputs: the favourable classes, else the classes that the model predicts most often.

    Parameters
    ----------
    counts
        How often the model predicts each class; may be empty.
    """
    classes = [str(label) for label in model.classes]
    if not classes:
        return (Target(label="", place=-1),)
    good = [classes[place] for place in favourable_places(classes, favourable)]
    if len(classes) == 2 and good:
        return (Target(label=good[0], place=classes.index(good[0])),)
    if len(classes) == 2:
        why = say(
            "The plan calls no class favourable; the model's second "
            "class, “{classes}”, is explained.",
            classes=classes[1],
        )
        return (Target(label=classes[1], place=1, note=why),)
    ranked = good or sorted(
        classes, key=lambda label: (-counts.get(label, 0), classes.index(label))
    )
    chosen = ranked[:MOST]
    listed = joined(", ", (say("“{group}”", group=label) for label in chosen))
    how = say("favourable") if good else say("most often predicted")
    of = say("Of {count} classes one is explained, against all others: ", count=len(classes))
    if len(chosen) > 1:
        of = say(
            "Of {count} classes, {count_2} are explained one by one, each against all others: ",
            count=len(classes),
            count_2=len(chosen),
        )
    of += say("{listed} ({how}).", listed=listed, how=how)
    return tuple(
        Target(
            label=label,
            place=classes.index(label),
            suffix="" if len(chosen) == 1 else f"-class-{classes.index(label)}",
            note=of if number == 0 else "",
        )
        for number, label in enumerate(chosen)
    )
