"""Read a policy: a preset, a file, or the section of raudit.yaml, each extending another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from raudit.errors import PolicyError
from raudit.findings import Severity, Threshold
from raudit.policy.model import NEVER, OnInconclusive, Policy, RulePolicy, WaiverTerms
from raudit.validate import validate
from raudit.yamltext import YamlText, nearest, read_yaml

if TYPE_CHECKING:
    from raudit.policy.schema import PolicyFile

PRESETS = Path(__file__).resolve().parent / "presets"
DEFAULT_PRESET = "default"
Word = TypeVar("Word", bound=str)
MAX_CHAIN = 8
"""How many policies may extend one another."""


def preset_names() -> tuple[str, ...]:
    """Names of the shipped policies."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


def load_policy(
    source: Path | str | None = None,
    inline: Mapping[str, Any] | None = None,
    *,
    yaml: YamlText | None = None,
    folder: Path | None = None,
) -> Policy:
    """Read a policy and everything it extends.

    Parameters
    ----------
    source
        A policy file, or the name of a preset. None for ``default``.
    inline
        The ``policy`` section of raudit.yaml, which speaks over ``source`` and what it extends.
    yaml
        The parsed raudit.yaml that ``inline`` comes from, so that errors name its lines.
    folder
        Folder against which a path in ``inline`` is taken.

    Raises
    ------
    PolicyError
        With file, line, key and what to do.
    """
    chain: list[tuple[PolicyFile, str, str]] = []
    if inline is not None:
        text = yaml or YamlText(value={"policy": inline}, lines={}, source="policy", text="")
        file = _validate(text, at=("policy",), value=dict(inline))
        chain.append((file, text.source, "policy."))
        if source is None:
            source = _named(file.extends, folder or Path()) if file.extends else None
    _follow(source if source is not None else DEFAULT_PRESET, chain)
    policy = Policy(name=DEFAULT_PRESET)
    for file, origin, prefix in reversed(chain):
        policy = _over(policy, file, origin, prefix)
    names = tuple(file.name or origin for file, origin, _prefix in chain)
    return policy.changed(name=names[0], extends=names[1:], source=chain[0][1])


def _follow(source: Path | str, chain: list[tuple[PolicyFile, str, str]]) -> None:
    """Read a policy and what it extends, nearest first."""
    seen: set[str] = set()
    current: Path | str | None = source
    while current is not None:
        path = PRESETS / f"{current}.yaml" if isinstance(current, str) else current
        if isinstance(current, str) and current not in preset_names():
            raise PolicyError(
                f"there is no policy preset '{current}'",
                reference="unknown-preset",
                hint=nearest(current, list(preset_names()))
                + "; a file needs its ending, such as policy.yaml",
            )
        key = str(path.resolve())
        if key in seen or len(seen) >= MAX_CHAIN:
            raise PolicyError(
                "policies extend one another in a circle"
                if key in seen
                else "too many policies extend one another",
                reference="policy-chain",
                where=str(path),
                hint="remove one 'extends'",
            )
        seen.add(key)
        yaml = read_yaml(path, error=PolicyError)
        file = _validate(yaml, at=(), value=None)
        origin = f"preset {path.stem}" if path.parent == PRESETS else path.name
        chain.append((file, origin, ""))
        current = _named(file.extends, path.parent) if file.extends else None
        if current is None and path.parent != PRESETS:
            current = DEFAULT_PRESET


def _named(name: str, folder: Path) -> Path | str:
    """A word is a preset; anything with an ending or a slash is a file."""
    return folder / name if "/" in name or name.endswith((".yaml", ".yml")) else name


def policy_source(name: str, folder: Path) -> Path | str:
    """What ``load_policy`` takes for the text of ``policy`` in a plan or of ``--policy``."""
    return _named(name, folder)


def _validate(yaml: YamlText, *, at: tuple[str | int, ...], value: object) -> PolicyFile:
    from raudit.policy.schema import PolicyFile

    whole = yaml.value if value is None else value
    if not isinstance(whole, dict) or not whole:
        raise PolicyError(
            "the policy is not a mapping",
            reference="policy-not-a-mapping",
            where=yaml.where(at),
            expected="keys such as extends, fail_on and rules",
            hint="start with: extends: default",
        )
    return validate(PolicyFile, yaml, error=PolicyError, at=at, value=whole)


def _over(below: Policy, file: PolicyFile, origin: str, prefix: str) -> Policy:
    """Lay one file over the policy it extends; lists replace, rules merge."""
    changes: dict[str, Any] = {}
    if file.fail_on is not None:
        changes["fail_on"] = None if file.fail_on == NEVER else Severity(file.fail_on)
    if file.on_inconclusive is not None:
        changes["on_inconclusive"] = OnInconclusive(file.on_inconclusive)
    for key in ("soft_fail_on", "hard_fail_on", "select", "ignore"):
        if getattr(file, key) is not None:
            changes[key] = getattr(file, key)
    if file.require is not None:
        changes["require_declared_stages"] = file.require.declared_stages
        changes["required_stages"] = _union(below.required_stages, file.require.stages)
        changes["required_assessments"] = _union(
            below.required_assessments, file.require.assessments
        )
        changes["required_proof"] = _union(below.required_proof, file.require.proven)
    if file.waivers is not None:
        said = file.waivers.model_fields_set
        changes["waivers"] = WaiverTerms(
            **{
                key: getattr(file.waivers if key in said else below.waivers, key)
                for key in ("warn_days", "max_days", "four_eyes", "strict")
            }
        )
    if file.baseline is not None:
        changes["baseline_level"] = file.baseline.level
    rules = dict(below.rules)
    for key, entry in file.rules.items():
        if entry is not None:
            anchor = f"{prefix}rules.{key}" if prefix else f"{origin}:rules.{key}"
            rules[key] = _rule(rules.get(key, RulePolicy()), entry, origin, anchor)
    return below.changed(rules=rules, **changes)


def _rule(below: RulePolicy, entry: Any, origin: str, anchor: str) -> RulePolicy:
    threshold = entry.threshold and Threshold(
        low=entry.threshold.low, high=entry.threshold.high, source=f"policy {origin}"
    )
    return RulePolicy(
        severity=entry.severity or below.severity,
        block=below.block if entry.block is None else entry.block,
        threshold=threshold or below.threshold,
        requirements=entry.requirements or below.requirements,
        because=entry.because or below.because,
        anchor=anchor if not origin.startswith("preset ") else below.anchor,
    )


def _union(below: tuple[Word, ...], more: tuple[Word, ...]) -> tuple[Word, ...]:
    return (*below, *(item for item in more if item not in below))
