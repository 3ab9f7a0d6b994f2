"""Policy, waivers and baseline: from findings to a verdict."""

from raudit.policy.baseline import Baseline, Growth, grown
from raudit.policy.baseline_file import (
    approval_sha256,
    baseline_bytes,
    baseline_sha256,
    load_baseline,
    vouched,
)
from raudit.policy.judge import Judged, apply_policy, judge, unmatched
from raudit.policy.load import load_policy, policy_source, preset_names
from raudit.policy.model import OnInconclusive, Policy, RulePolicy, WaiverTerms
from raudit.policy.waivers import Waiver, Waivers, load_waivers

__all__ = [
    "Baseline",
    "Growth",
    "Judged",
    "OnInconclusive",
    "Policy",
    "RulePolicy",
    "Waiver",
    "WaiverTerms",
    "Waivers",
    "apply_policy",
    "approval_sha256",
    "baseline_bytes",
    "baseline_sha256",
    "grown",
    "judge",
    "load_baseline",
    "load_policy",
    "load_waivers",
    "policy_source",
    "preset_names",
    "unmatched",
    "vouched",
]
