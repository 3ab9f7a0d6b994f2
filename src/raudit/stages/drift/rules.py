"""The rules of the stage."""

from __future__ import annotations

from raudit.findings import Rule, Severity

_WATCH = ("eu-ai-act:72", "nist-ai-rmf:MEASURE-2.4")

MOVED = Rule(
    id="RA-DRIFT-001",
    title="A column moved away from the reference",
    why="A model is judged on the people it was built for; when others come, what was measured no longer holds.",
    how="Population stability index over bins of both data sets with missing values as a bin, and the Kolmogorov-"
    "Smirnov test (numbers) or the chi-square test (levels: Pearson's statistic and the likelihood ratio, whichever is "
    "less sure). It fails if the index is over the limit and the test stays clear after Holm's correction over all "
    "columns and groups, at a level shared among all audits of the series. It passes if the interval of the index "
    "stays below the limit; in between nothing is claimed.",
    fix="Find out whether the people, the form or the export changed; then retrain, or restate what the model is for.",
    severity=Severity.MEDIUM,
    requirements=_WATCH,
)

LEVELS = Rule(
    id="RA-DRIFT-002",
    title="Levels are new or gone",
    why="A level the model never saw is encoded as nothing; a level that is gone is often an export that broke.",
    how="Share of rows whose level the reference does not have, counted exactly, over the limit and over what chance "
    "explains where many levels are rare (a bound of it); and levels of the reference that do not occur although "
    "chance would have shown them. The chance is shared among levels, columns and all audits of the series.",
    fix="Map the level, or retrain with it; mend the export if it was renamed.",
    severity=Severity.MEDIUM,
    requirements=_WATCH,
)

PERFORMANCE = Rule(
    id="RA-DRIFT-003",
    title="Performance has dropped, or is estimated to have",
    why="Labels come late; until then scores that are probabilities tell how often decisions will be right.",
    how="Where every row has its label, the loss of accuracy against the labelled rows of the reference, with "
    "Newcombe's interval. Else confidence-based estimation (CBPE): the mean probability of being right, with the "
    "interval in which the accuracy of these rows will fall. Only where scores pass a test of calibration on labelled "
    "rows of the reference. It cannot see that what makes people succeed has changed.",
    fix="Get labels for a sample of recent rows and measure.",
    severity=Severity.MEDIUM,
    requirements=_WATCH,
)

DELAYED = Rule(
    id="RA-DRIFT-004",
    title="Labels are late",
    why="Early labels are not a sample of all: who defaults early defaults for other reasons.",
    how="What accuracy can still become: all late labels wrong, or all right. No assumption is made about them.",
    fix="Wait for the labels, or label a random sample of the open rows.",
    severity=Severity.LOW,
    requirements=_WATCH,
)

RULES = (MOVED, LEVELS, PERFORMANCE, DELAYED)
