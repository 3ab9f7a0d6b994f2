"""The catalogue of rules of this stage. Ids never change their meaning."""

from __future__ import annotations

from raudit.findings import Rule, Severity

_COMMON = ("eu-ai-act:10.2.f", "nist-ai-rmf:MEASURE-2.11", "iso-42001:A.7.4")
_ACCURACY = ("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.11", "iso-42001:A.6.2.4")


def _rule(
    number: int,
    title: str,
    why: str,
    how: str,
    fix: str,
    severity: Severity = Severity.HIGH,
    requirements: tuple[str, ...] = _COMMON,
) -> Rule:
    return Rule(
        id=f"RA-FAIR-{number:03d}",
        title=title,
        why=why,
        how=how,
        fix=fix,
        severity=severity,
        requirements=requirements,
    )


SELECTION_DIFFERENCE = _rule(
    1,
    "Selection rates differ between groups",
    "A group that is selected less often gets less of what the system hands out, whatever the reason.",
    "Demographic parity difference: largest minus smallest selection rate. Newcombe interval for the worst pair, "
    "widened so that all pairs hold at once.",
    "Look where the difference comes from: base rates, a feature that stands for the attribute, the threshold, or too "
    "little data on one group. Record why the difference that remains is justified, or change the system.",
    requirements=(*_COMMON, "gdpr:22", "gdpr:35.7.c"),
)
SELECTION_RATIO = _rule(
    2,
    "The lower selection rate is too small a part of the higher",
    "Four fifths is a convention for a first look at adverse impact; it is not the law, and keeping to it proves "
    "nothing.",
    "Demographic parity ratio: smallest over largest selection rate. MOVER of Wilson bounds on the log scale, "
    "widened so that all pairs hold at once.",
    "Look where the difference comes from: base rates, a feature that stands for the attribute, or the threshold; "
    "change the system, or record why what remains is justified. In employment, have the selection procedure "
    "validated before it is used further.",
    requirements=(*_COMMON, "us-ugesp:1607.4.D"),
)
EQUALIZED_ODDS = _rule(
    3,
    "Error rates differ between groups",
    "Where people with the same true outcome are decided differently by group, one group carries more of the errors.",
    "Equalized odds difference: the larger of the gaps in true and false positive rates (or their ratio, or mean). "
    "Both intervals hold together.",
    "Compare the error rates at other thresholds, look for features measured worse on one group, collect more "
    "data on it.",
    requirements=_ACCURACY,
)
EQUAL_OPPORTUNITY = _rule(
    4,
    "People who deserve a favourable decision get it less often in one group",
    "Missed deserving people are the error that costs those who are judged the most.",
    "Equal opportunity difference: largest minus smallest true positive rate.",
    "Find out why deserving people of the group are missed: features, threshold, label quality.",
    requirements=_ACCURACY,
)
PREDICTIVE_PARITY = _rule(
    5,
    "A favourable decision is right less often in one group",
    "If the same decision means different things by group, whoever acts on it treats groups differently.",
    "Difference or ratio of precision between groups.",
    "Check calibration by group and the threshold.",
    requirements=_ACCURACY,
)
OTHER_RATE = _rule(
    6,
    "A rate differs between groups",
    "The plan holds this rate to a limit.",
    "Largest minus smallest rate (or smallest over largest) over the groups, with an interval for the worst pair.",
    "Look at the groups that differ most and at the cases behind the rate.",
    Severity.MEDIUM,
)
SMALL_GROUP = _rule(
    7,
    "Groups are too small to be judged",
    "A system may treat a small group badly without any test that could show it.",
    "Groups with fewer rows than the plan asks for are reported with n and left out of every comparison.",
    "Collect more data on them, or join groups where that makes sense, and say so.",
    Severity.MEDIUM,
    ("nist-ai-rmf:MEASURE-2.11", "iso-42001:A.7.4"),
)
MISSING_ATTRIBUTE = _rule(
    8,
    "Membership is unknown for some people",
    "Who is missing from the comparison may be exactly who is treated differently.",
    "Share of rows whose attribute is missing; they form a group of their own.",
    "Find out why the attribute is missing and whether that depends on the decision.",
    Severity.LOW,
    ("eu-ai-act:10.3", "nist-ai-rmf:MEASURE-2.11"),
)
CALIBRATION = _rule(
    9,
    "Scores mean different things in different groups",
    "If 0.7 means seven of ten in one group and five of ten in another, one threshold treats them differently.",
    "Expected calibration error in equal-width bins for each group, and the difference between groups.",
    "Recalibrate, and look at the label's quality by group.",
    requirements=_ACCURACY,
)
RANKING_QUALITY = _rule(
    10,
    "Scores sort people less well in one group",
    "A group that the score cannot tell apart is decided by chance.",
    "Largest less smallest AUC over the groups, exact where every score has a bin of its own; DeLong's variances, for "
    "the worst pair.",
    "See which features tell outcomes apart in the group named and which do not, and look for label noise.",
    Severity.MEDIUM,
    _ACCURACY,
)
REGRESSION_ERROR = _rule(
    11,
    "Predictions are off by different amounts",
    "A prediction that is always too low for one group costs that group every time.",
    "Difference between groups of mean error (prediction less truth) and of mean absolute error, with Welch intervals.",
    "Look at the residuals of the group, and whether its range was covered by the training data.",
    requirements=_ACCURACY,
)
EXPOSURE = _rule(
    12,
    "Groups get different shares of attention in the ranking",
    "People read the top of a list; a group that is rarely there is rarely seen.",
    "Ratio of mean exposure (1 / log2(1 + rank)) between groups, with a permutation test, and NDKL of the list.",
    "Look at the scores of the group, and consider whether the list should be re-ranked.",
)
COSTS = _rule(
    13,
    "Wrong decisions cost one group more",
    "Errors are not worth the same; the plan says what they cost.",
    "Mean cost of false positives and false negatives per person in each group, and a sweep of the threshold.",
    "Choose the threshold with the costs of all groups in view.",
    Severity.MEDIUM,
    _ACCURACY,
)
BASELINE = _rule(
    14,
    "The system does not beat the baseline",
    "A system that is no better than the rule it replaces brings its risks for nothing.",
    "Paired difference to the baseline's decisions on the same people, with a mid-p McNemar test in each group.",
    "Show what the system is for, or use the baseline.",
    Severity.MEDIUM,
    ("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.5"),
)
CONDITIONAL = _rule(
    15,
    "Selection rates differ within the same stratum",
    "A difference that remains among people in the same situation is not explained by it; one that vanishes may be.",
    "Demographic parity difference within each level of the control features, combined over levels by sample size.",
    "Look at the levels with the largest difference, and at whether the control feature itself passes a difference on.",
    requirements=(*_COMMON, "gdpr:22"),
)
IMPACT_RATIO = _rule(
    16,
    "An impact ratio of a New York City bias audit is below the limit",
    "Local Law 144 asks for these numbers to be published; it sets no limit, so the one used here is the plan's.",
    "Selection rate (or rate of scores above the sample median) of each category over that of the most selected one, "
    "by sex, race/ethnicity and both.",
    "Publish the table with the counts of unknowns and of categories left out; look into ratios under the limit.",
    requirements=("nyc-ll144:5-301", "us-ugesp:1607.4.D"),
)
MULTICLASS = _rule(
    17,
    "Classes are handed out differently between groups",
    "With several classes a gap in any of them can harm.",
    "For each class against the rest: the gap in the rate of being given it, the worst class named.",
    "Look at the class and the groups that are named.",
)
MEAN_PREDICTION = _rule(
    18,
    "Mean predictions differ between groups",
    "A lower mean prediction means less of what is predicted, whatever the truth is.",
    "Largest minus smallest mean prediction, with Welch intervals widened for all pairs.",
    "Compare with the gap in the true values, where they are known.",
    Severity.MEDIUM,
)

ALIKE_GROUPS = _rule(
    19,
    "Groups differ in spelling only",
    "People of one group who are counted as two are judged on half as many rows, and a gap between them means nothing.",
    "Names of groups that are equal but for spaces, case or Unicode form.",
    "Write each group in one way; if two spellings are meant to be two groups, rename one of them.",
    Severity.MEDIUM,
    ("eu-ai-act:10.3", "nist-ai-rmf:MEASURE-2.11"),
)
MISSING_LABEL = _rule(
    20,
    "Outcomes are missing for some people",
    "Who has a known outcome is seldom chance: nobody sees how the rejected would have done. Error rates of the others "
    "can look even where they are not.",
    "Share of people with a label, by group, with the largest difference between groups.",
    "Find out why outcomes are missing; follow up a random sample of those without one, and report both numbers.",
    Severity.MEDIUM,
    ("eu-ai-act:10.3", "nist-ai-rmf:MEASURE-2.11"),
)
CONSTANT = _rule(
    21,
    "Decisions hardly vary",
    "Where nearly everyone gets the same decision, groups hardly differ, and a passed comparison says little.",
    "Share of the rarer decision among all people, held against one in a hundred.",
    "Check the threshold, the favourable value and that these are the decisions in use; if they are, audit the few "
    "others on more data.",
    Severity.MEDIUM,
    ("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.11"),
)
NUMBERED_GROUPS = _rule(
    22,
    "Numbers form groups without edges",
    "A number such as an age makes one group of each of its values: small ones that are not compared, and "
    "neighbours that are.",
    "Attributes whose ten or more groups are all named by numbers and for which the plan gives no edges.",
    "Give the attribute edges where the law or your policy cuts, such as edges: [25, 40, 60].",
    Severity.LOW,
    ("eu-ai-act:10.3", "nist-ai-rmf:MEASURE-2.11"),
)
AGAINST = _rule(
    23,
    "Decisions run against the outcomes",
    "Where the favourable side of a score, a decision or an outcome is declared the wrong way round, every rate is "
    "of the wrong people, and a system that favours a group looks as if it harmed it.",
    "Selection rate of people with a favourable outcome less that of the others (Newcombe), or the area under the "
    "ROC curve where nothing is decided (DeLong). It fails if the interval lies below what chance gives.",
    "Check data.score.higher_is_favourable (false where a high score is bad for the person), and the favourable value "
    "of data.label and data.prediction. If all are right, the system does worse than chance.",
    Severity.CRITICAL,
    ("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.5"),
)


def _performance(number: int, title: str, why: str, how: str, fix: str) -> Rule:
    return Rule(
        id=f"RA-PERF-{number:03d}",
        title=title,
        why=why,
        how=how,
        fix=fix,
        severity=Severity.HIGH,
        requirements=_ACCURACY,
    )


ACCURACY = _performance(
    1,
    "Decisions are wrong too often",
    "Groups can be served evenly and badly.",
    "Share of decisions that match the outcome, for everyone and in the worst group of each attribute; Wilson "
    "intervals, over all groups at once, held against stages.fairness.performance.accuracy.",
    "Improve the model or the data on the group named, or do not use it for that group.",
)
RECALL = _performance(
    2,
    "Too few of those with a favourable outcome are selected",
    "A system may look accurate while it misses most of the people it should select.",
    "Share of people with a favourable outcome who were selected (true positive rate), for everyone and in the worst "
    "group; Wilson intervals held against stages.fairness.performance.recall.",
    "Look at the threshold, and at what the missed people have in common.",
)
AUC = _performance(
    3,
    "Scores do not tell outcomes apart well enough",
    "Scores that hardly sort people should not decide about them.",
    "Area under the ROC curve, for everyone and in the worst group; DeLong's intervals held against "
    "stages.fairness.performance.auc.",
    "See which features tell outcomes apart in the group named and which do not, and look for label noise.",
)
IN_THE_LARGE = _performance(
    4,
    "Scores do not mean what they say",
    "A score that is read as a probability misleads whoever acts on it if it is too high or too low.",
    "Share of favourable outcomes less mean score (calibration in the large), for everyone and in the worst group; "
    "normal intervals held against stages.fairness.performance.calibration, either way.",
    "Calibrate on recent data of the group, on rows the model was not fitted on.",
)
RULES: tuple[Rule, ...] = (
    SELECTION_DIFFERENCE,
    SELECTION_RATIO,
    EQUALIZED_ODDS,
    EQUAL_OPPORTUNITY,
    PREDICTIVE_PARITY,
    OTHER_RATE,
    SMALL_GROUP,
    MISSING_ATTRIBUTE,
    CALIBRATION,
    RANKING_QUALITY,
    REGRESSION_ERROR,
    EXPOSURE,
    COSTS,
    BASELINE,
    CONDITIONAL,
    IMPACT_RATIO,
    MULTICLASS,
    MEAN_PREDICTION,
    ALIKE_GROUPS,
    MISSING_LABEL,
    CONSTANT,
    NUMBERED_GROUPS,
    AGAINST,
    ACCURACY,
    RECALL,
    AUC,
    IN_THE_LARGE,
)

_BY_DISPARITY = {
    "demographic_parity_difference": SELECTION_DIFFERENCE,
    "selection_rate_difference": SELECTION_DIFFERENCE,
    "demographic_parity_ratio": SELECTION_RATIO,
    "selection_rate_ratio": SELECTION_RATIO,
    "equalized_odds_difference": EQUALIZED_ODDS,
    "equalized_odds_ratio": EQUALIZED_ODDS,
    "average_odds_difference": EQUALIZED_ODDS,
    "equal_opportunity_difference": EQUAL_OPPORTUNITY,
    "equal_opportunity_ratio": EQUAL_OPPORTUNITY,
    "predictive_parity_difference": PREDICTIVE_PARITY,
    "predictive_parity_ratio": PREDICTIVE_PARITY,
}


def rule_for(disparity: str) -> Rule:
    """Which rule a disparity of decisions answers."""
    return _BY_DISPARITY.get(disparity, OTHER_RATE)
