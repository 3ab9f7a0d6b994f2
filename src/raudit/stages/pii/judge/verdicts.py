"""From counts to a verdict on each column: what it holds, how sure, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from raudit.stages.pii.count.profile import ColumnProfile, EntityCount, clopper_pearson
from raudit.stages.pii.judge import persons
from raudit.stages.pii.judge.thresholds import SET
from raudit.stages.pii.vocabulary.names_of_columns import Hint, HintTable
from raudit.stages.pii.vocabulary.rulebook import EntityRule, Rulebook


class Sureness(StrEnum):
    """How sure a verdict is, and on what it rests."""

    NAME_AND_VALUES = "name and values"
    VALUES = "values"
    SUSPECTED = "suspected"
    """The name says so and the shape fits, but no checksum or model confirms it."""
    IN_TEXT = "inside text"
    UNCLEAR = "unclear"
    """Counted, but as rarely or as doubtfully as by chance or by mistake."""


UNLISTED = EntityRule(
    label="value that a recogniser of yours reports",
    group="direct",
    finder="pattern",
    kinds=("text", "integer", "time"),
    share=0.5,
    in_text=True,
    remedy="redact",
)
"""How a type is judged that no rule describes: one of a team's own recognisers or of its list of denied values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One entity type in one column."""

    entity_type: str
    rule: EntityRule
    sureness: Sureness
    count: EntityCount


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnVerdict:
    """What a column holds."""

    profile: ColumnProfile
    hints: Mapping[str, Hint]
    found: tuple[Found, ...] = ()
    """Direct identifiers and secrets."""
    context: tuple[Found, ...] = ()
    """Places, dates, web addresses and quasi-identifiers, for information."""
    unclear: tuple[Found, ...] = ()
    """Direct identifiers that were counted in some cells, and too few or too doubtful to be reported as found."""
    special: tuple[str, ...] = ()
    """Special categories."""
    quasi: tuple[str, ...] = ()
    """Kinds of quasi-identifier."""

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.profile.name

    @property
    def personal(self) -> bool:
        """True if it holds a direct identifier or a secret."""
        return bool(self.found)

    @property
    def unread(self) -> bool:
        """True if cells were not read, or by a model of another language: what is not found may still be there."""
        profile = self.profile
        return bool(profile.language or profile.encoded or profile.cut)

    @property
    def in_text(self) -> bool:
        """True if personal data is inside free text."""
        return any(f.sureness is Sureness.IN_TEXT for f in self.found)


def judge(profile: ColumnProfile, hints: HintTable, rulebook: Rulebook) -> ColumnVerdict:
    """Decide what a column holds, from its profile and its name."""
    said = hints.read(profile.name)
    vetoed = hints.vetoes(profile.name)
    found: list[Found] = []
    context: list[Found] = []
    unclear: list[Found] = []
    counted = {
        c.entity_type: UNLISTED for c in profile.counts if c.entity_type not in rulebook.entities
    }
    for entity, rule in {**rulebook.entities, **counted}.items():
        for verdict in _one(entity, rule, profile, said, vetoed):
            if verdict.sureness is Sureness.UNCLEAR:
                unclear.append(verdict)
            else:
                (found if rule.group in {"direct", "secret"} else context).append(verdict)
    found = list(_without_echoes(found))
    return ColumnVerdict(
        profile=profile,
        hints=said,
        found=tuple(found),
        context=tuple(context),
        unclear=tuple(_left(unclear, found)),
    )


def _one(
    entity: str,
    rule: EntityRule,
    profile: ColumnProfile,
    said: Mapping[str, Hint],
    vetoed: frozenset[str],
) -> Iterator[Found]:
    """Yield at most one verdict on one entity type."""
    hint = said.get(entity)
    count = profile.count(entity)
    kind = "integer" if profile.kind == "number" and entity != "COORDINATES" else profile.kind
    if kind not in rule.kinds and not (kind == "other" and "text" in rule.kinds):
        return
    if profile.n_filled == 0:
        return
    none = EntityCount(entity_type=entity, k=0, n=profile.n_sampled, exact=False, whole=0)
    asked = hint is Hint.SURE or not rule.needs_hint
    sureness = _sureness(entity, rule, profile, said, vetoed) if asked else None
    if sureness is None and count is not None and rule.in_text:
        sureness = _inside(entity, rule, profile, count, vetoed)
        # Places are called after people, and cells that name places have more in them.
        if entity == "PERSON" and not profile.free_text and {"LOCATION", "ADDRESS"} & said.keys():
            sureness = None
    if sureness is not None:
        yield Found(entity_type=entity, rule=rule, sureness=sureness, count=count or none)


def _sureness(
    entity: str,
    rule: EntityRule,
    profile: ColumnProfile,
    said: Mapping[str, Hint],
    vetoed: frozenset[str],
) -> Sureness | None:
    """How sure it is that the column is of this type; None if it is not."""
    sure = said.get(entity) is Hint.SURE
    if entity == "PERSON":
        return _person(profile, said, vetoed)
    if entity == "USERNAME":
        return Sureness.NAME_AND_VALUES if sure and _handles(profile) else None
    by_name_alone = (
        (entity == "DATE_OF_BIRTH" and profile.kind == "time")
        or (rule.hint_suffices and _secretive(profile))
        or (rule.group == "quasi" and rule.share_with_hint == 0.0)
    )
    if sure and by_name_alone:
        return Sureness.NAME_AND_VALUES
    count = profile.count(entity)
    if (
        entity == "ADDRESS"
        and (profile.second_address or 0.0) >= SET.address_by_second_model
        and not (entity in vetoed or profile.free_text)
    ):
        return Sureness.NAME_AND_VALUES if sure else Sureness.VALUES
    return (
        _by_share(entity, rule, profile, count, said.get(entity), vetoed)
        if count is not None and count.k
        else None
    )


def _by_share(
    entity: str,
    rule: EntityRule,
    profile: ColumnProfile,
    count: EntityCount,
    hint: Hint | None,
    vetoed: frozenset[str],
) -> Sureness | None:
    """Hold the share of cells that an entity covers against its threshold."""
    if rule.group == "secret":
        return Sureness.VALUES
    share = count.whole_share * (count.valid / count.k if count.k else 0.0)
    if entity == "NATIONAL_ID" and profile.fractions > SET.measured:
        return None  # measured, not given out
    if hint is None and (
        not _in_ranges(entity, count) or (entity == "IP_ADDRESS" and profile.hosts < SET.hosts)
    ):
        return None
    if entity == "PHONE_NUMBER" or (entity == "IP_ADDRESS" and hint is None):
        share = min(share, count.agreed / count.n)
    if hint is Hint.SURE:
        if share >= max(rule.share_with_hint, 1e-12):
            return Sureness.NAME_AND_VALUES
        if rule.suspect_with_hint and count.whole_share >= SET.suspected:
            return Sureness.SUSPECTED
        return None
    if entity in vetoed or profile.free_text or share < rule.share:
        return None
    if entity == "PHONE_NUMBER" and hint is not Hint.MAYBE and not _telephonic(profile, share):
        return None
    if (
        entity in {"PHONE_NUMBER", "US_SSN", "CREDIT_CARD", "IP_ADDRESS"}
        and profile.distinct_in_sample < SET.few_numbers <= count.n
    ):
        return None
    return Sureness.VALUES


def _telephonic(profile: ColumnProfile, share: float) -> bool:
    """Whether numbers are written as people write those they dial, and not as dates and keys are."""
    grouped = profile.separated >= SET.separated and profile.dialled >= SET.dialled
    if grouped and profile.date_shape <= SET.dates:
        return True
    # Two groups, such as 0171/1234567: nearly all must be numbers that are given out.
    return (
        min(profile.dialled, share) >= SET.given_out
        and profile.number_share <= SET.plain_numbers
        and profile.date_shape <= SET.dates_of_two
    )


def _person(
    profile: ColumnProfile, said: Mapping[str, Hint], vetoed: frozenset[str]
) -> Sureness | None:
    """Names of persons: by the column's name and its cells, by its role and its cells, or by the cells alone."""
    hint, signs = said.get("PERSON"), persons.Signs.of(profile)
    if profile.kind not in {"text", "other"} or profile.n_sampled == 0 or signs.shaped < SET.shaped:
        return None
    if hint is Hint.SURE:
        return Sureness.NAME_AND_VALUES if persons.fits_its_name(profile, signs) else None
    other = {"LOCATION", "DATE_TIME", "URL", "ADDRESS", "USERNAME"} & said.keys()
    unopposed = persons.various(profile) and not other and "PERSON" not in vetoed
    if unopposed and persons.written_like_persons(profile, signs):
        return Sureness.VALUES
    if hint is Hint.MAYBE:
        return Sureness.NAME_AND_VALUES if persons.fits_its_role(profile, signs) else None
    if not other and persons.nearly_all(profile, signs, vetoed="PERSON" in vetoed):
        return Sureness.VALUES
    plain = unopposed and not profile.free_text
    return Sureness.VALUES if plain and persons.by_cells_alone(profile, signs) else None


def _handles(profile: ColumnProfile) -> bool:
    """Whether the cells could be user names: one word, nearly all different, and not numbered keys."""
    return (
        profile.mean_words < SET.words_of_handles
        and profile.number_share <= SET.numbered_handles
        and profile.date_shape < SET.numbered_handles
        and profile.distinct_in_sample >= SET.different_handles * profile.n_sampled
    )


def _secretive(profile: ColumnProfile) -> bool:
    """Whether the cells could be secrets: text, and not a handful of counts or flags."""
    different = max(min(SET.handful, profile.n_sampled), SET.different * profile.n_sampled)
    return profile.kind in {"text", "other"} and profile.distinct_in_sample >= different > 0


def _inside(
    entity: str,
    rule: EntityRule,
    profile: ColumnProfile,
    count: EntityCount,
    vetoed: frozenset[str],
) -> Sureness | None:
    """Personal data inside cells that hold more: certain types by a single cell, guessed ones if they are not rare."""
    if rule.group == "context" or not count.k:
        return None
    if entity == "PERSON":
        return _person_inside(profile, count, vetoed)
    if entity == "PHONE_NUMBER" and not count.by_form:
        return _phone_inside(profile, count, vetoed)
    if entity == "ADDRESS":
        if not profile.free_text:
            return None
        return (
            Sureness.IN_TEXT
            if count.agreed >= max(SET.few_addresses, SET.addresses * count.n)
            else Sureness.UNCLEAR
            if count.agreed
            else None
        )
    valid = count.valid if entity != "IP_ADDRESS" else count.agreed
    if not valid:
        return None
    if entity == "IP_ADDRESS" and profile.hosts < SET.hosts:
        return Sureness.UNCLEAR if profile.free_text else None
    if rule.chance and not _beyond_chance(profile, count.k, valid, rule.chance):
        return Sureness.UNCLEAR if profile.free_text else None
    if rule.chance > 2 * SET.proven and not profile.free_text and valid < SET.least_by_chance:
        return Sureness.UNCLEAR
    # What was judged as whole cells and refused is no find inside them.
    refused = count.whole >= rule.share * count.n and not _in_ranges(entity, count)
    # A name of a column speaks against what may be another number, not against what its check proves.
    proven = bool(rule.checksum) and rule.chance <= SET.proven and entity != "US_SSN"
    return Sureness.UNCLEAR if refused or (entity in vetoed and not proven) else Sureness.IN_TEXT


def _in_ranges(entity: str, count: EntityCount) -> bool:
    """Whether nearly all numbers written like a social security number are in ranges that were given out.

    Part numbers are written so too; one of them in eight is in no such range.
    """
    return entity != "US_SSN" or count.valid >= SET.in_ranges * count.k


def _beyond_chance(profile: ColumnProfile, k: int, valid: int, chance: float) -> bool:
    """Whether more of the matches pass the check than random numbers would: half of them, or surely more than chance.

    One card among a hundred order numbers cannot be told from an order number that passes Luhn by chance. A number that
    stands in many rows passes once, so cells count only as far as they are different.
    """
    if valid >= SET.passing * k:
        return True
    different = profile.distinct_in_sample / profile.n_sampled if profile.n_sampled else 1.0
    return (
        clopper_pearson(round(valid * different), round(k * different), SET.surely)[0] > 2 * chance
    )


def _phone_inside(
    profile: ColumnProfile, count: EntityCount, vetoed: frozenset[str]
) -> Sureness | None:
    """Numbers grouped like telephone numbers: the longer the texts, the more of them hold one that is none."""
    if not count.agreed:
        return None
    if not profile.free_text:
        # Keys and codes are numbers too, but they are the whole cell, and such a cell was judged before.
        most = max(SET.least_by_chance, SET.phone_beside * count.n)
        beside = count.whole < SET.phone_alone * count.k and count.agreed >= most
        return Sureness.IN_TEXT if beside and "PHONE_NUMBER" not in vetoed else None
    least = SET.phones * count.n * max(1.0, profile.mean_words / SET.long_text)
    enough = count.agreed >= max(SET.least_by_chance, least) and "PHONE_NUMBER" not in vetoed
    return Sureness.IN_TEXT if enough else Sureness.UNCLEAR


def _person_inside(
    profile: ColumnProfile, count: EntityCount, vetoed: frozenset[str]
) -> Sureness | None:
    """Names in sentences: titles and lists are full of things that are named after people."""
    places = profile.count("LOCATION")
    if not count.agreed:
        return None
    if not profile.free_text:
        return _person_beside(profile, count, vetoed)
    sentences = profile.prose >= SET.prose and profile.mean_words >= SET.words_of_sentences
    # A column that is called after things holds titles; sentences, many of which name somebody, do so all the same.
    titles = "PERSON" in vetoed and not (sentences and count.agreed >= SET.named_titles * count.n)
    if titles or (places and places.k > SET.places_for_each_person * count.agreed):
        return Sureness.UNCLEAR
    share = SET.named_sentences if sentences else SET.named_titles
    least = share * count.n * max(1.0, profile.mean_words / SET.long_text)
    return Sureness.IN_TEXT if count.agreed >= max(SET.least_by_chance, least) else Sureness.UNCLEAR


def _person_beside(
    profile: ColumnProfile, count: EntityCount, vetoed: frozenset[str]
) -> Sureness | None:
    """Names in short cells: with something beside them in most, or alone in so few that they could be things."""
    if "PERSON" in vetoed:
        return None
    # A name that fills most of a cell has something beside it too where the cell is not written like a name.
    alone_in_cell = min(count.whole, profile.name_shape * count.n)
    beside = count.agreed - alone_in_cell >= SET.named_cells * count.n
    if beside:
        # Of few cells, the name may be that of one thing, such as a prize, in all of them.
        return Sureness.IN_TEXT if persons.various(profile) else Sureness.UNCLEAR
    alone = persons.nearly_all(profile, persons.Signs.of(profile), vetoed=False, fewest=1)
    return Sureness.UNCLEAR if alone else None


def _left(unclear: list[Found], found: list[Found]) -> Iterator[Found]:
    """Of what is unclear, that which no finding on the column covers: the column is read anyway."""
    known = {f.entity_type for f in found}
    return (f for f in unclear if f.entity_type not in known)


def _without_echoes(found: list[Found]) -> Iterator[Found]:
    """Drop types that are only another reading of what the column is known to hold."""
    certain = any(f.sureness is Sureness.NAME_AND_VALUES for f in found)
    strong = {
        "CREDIT_CARD",
        "IBAN_CODE",
        "US_SSN",
        "EMAIL_ADDRESS",
        "IP_ADDRESS",
        "MAC_ADDRESS",
        "CRYPTO",
        "NATIONAL_ID",
    }
    for f in found:
        guessed = f.sureness is Sureness.VALUES and f.rule.group != "secret"
        others = {o.entity_type for o in found if o is not f}
        if guessed and certain and f.entity_type not in strong:
            continue
        if guessed and f.entity_type == "PHONE_NUMBER" and others & strong:
            continue
        yield f
