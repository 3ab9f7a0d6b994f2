"""Whether the cells of a column are names of persons.

The language model, the lists of common names and the shape of the cells must agree; how much, depends on what the name
of the column says; ``thresholds.py`` says on which tables the shares were set.
"""

from __future__ import annotations

from dataclasses import dataclass

from raudit.stages.pii.count.profile import ColumnProfile
from raudit.stages.pii.judge.thresholds import SET
from raudit.stages.pii.vocabulary.names_of_columns import words

NAMED = frozenset({"name", "names"})
"""Words that name no role: counties, storms and chimpanzees have names too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Shares of the sampled cells that speak for names of persons."""

    model: float
    """The language model reads the cell as a name."""
    listed: float
    """A common name is in it."""
    agreed: float
    """Both."""
    shaped: float
    """It is written like a name."""
    given: float
    """Every word in it is a common given name."""
    foreign: bool
    """Most cells are in another script than the language model's, so the lists speak alone."""
    several_words: bool

    @classmethod
    def of(cls, profile: ColumnProfile) -> Signs:
        """Read them off a profile."""
        count = profile.count("PERSON")
        return cls(
            model=count.whole_share if count else 0.0,
            listed=profile.name_listed,
            agreed=count.agreed / count.n if count and count.n else 0.0,
            shaped=profile.name_shape,
            given=profile.name_given,
            foreign=profile.foreign >= 0.5,
            several_words=profile.mean_words >= 1.8,
        )


def fits_its_name(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether the cells of a column that is called first name, patient name and so on bear it out."""
    several = profile.distinct_in_sample >= min(5, profile.n_sampled) or signs.listed >= 0.5
    # Teams and schools have full names too, so a column of several words needs more than its name.
    least = (
        SET.listed_of_several
        if signs.several_words
        else 0.0
        if profile.distinct_in_sample >= 10
        else 0.05
    )
    if profile.foreign >= 0.5:
        least = 0.0  # the lists of names are written in Latin letters
    return (
        signs.shaped >= SET.shaped_under_name
        and several
        and max(signs.listed, signs.model) >= least
    )


def fits_its_role(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether the cells of a column that is called author, owner or just name are persons."""
    if profile.distinct_in_sample < min(5, profile.n_sampled):
        return False
    if signs.foreign:
        return signs.shaped >= 0.7 and signs.listed >= 0.6
    # Names of origins that the model knows few of: the lists are enough where nearly all cells are in them.
    if signs.shaped >= 0.9 and (
        (signs.several_words and signs.listed >= 0.85) or signs.given >= 0.85
    ):
        return True
    agree = (
        (signs.model + signs.listed) / 2 >= SET.role_mean
        and signs.listed >= 0.15
        and signs.agreed >= SET.role_agreed
    )
    named = set(words(profile.name)) <= NAMED
    if signs.several_words:
        # Fires and firms have names of several words too, and some of those are people's.
        return agree and (
            not named
            or (signs.model + signs.listed >= SET.named_sum and signs.agreed >= SET.named_agreed)
        )
    if named:
        return agree and signs.model + signs.listed >= 1.0 and signs.agreed >= 0.3
    # Family names alone: the model knows few of them.
    return agree or (signs.shaped >= 0.9 and signs.listed >= 0.35 and signs.model >= 0.1)


def various(profile: ColumnProfile) -> bool:
    """Whether the cells are as different as people's names are; a list of stations, films or breeds is shorter.

    Of given names alone there are fewer, and no list of things is full of them.
    """
    alone = profile.name_given >= SET.given_alone
    share, enough = (0.1, 20) if alone else (0.2, SET.enough_persons)
    return profile.distinct_in_sample >= max(
        SET.fewest_persons, min(enough, share * profile.n_sampled)
    )


def written_like_persons(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether most cells have a form of address or initials, as things that are named after people have not."""
    return (profile.titled >= 0.5 and signs.listed >= 0.5) or (
        profile.initialed >= 0.6 and (signs.listed >= 0.3 or signs.model >= 0.4)
    )


def nearly_all(
    profile: ColumnProfile, signs: Signs, *, vetoed: bool, fewest: int = SET.fewest_persons
) -> bool:
    """Whether nearly every cell is a full name, whatever the column is called.

    Airports and schools are called after people, so where the column's name speaks of such things, more cells have to
    be different than there are things.
    """
    everywhere = min(signs.model, signs.listed, signs.agreed) >= SET.nearly_all
    least = max(SET.enough_persons, 0.3 * profile.n_sampled) if vetoed else fewest
    return everywhere and signs.several_words and profile.distinct_in_sample >= least


def by_cells_alone(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether the cells of a column whose name says nothing are persons."""
    if signs.foreign:
        return min(signs.shaped, signs.listed) >= 0.85
    if not signs.several_words and signs.given >= SET.given_alone and signs.model >= 0.15:
        return True  # given names alone: the model knows few, and no other list of things is so full of them
    if signs.several_words and min(signs.listed, signs.shaped) >= 0.85 and signs.agreed >= 0.5:
        return True  # "Last, First" and capitals: the model reads them badly, the lists do not
    second = profile.second_person
    if second is not None and (second >= 0.5) is (signs.model >= 0.3):
        return second >= 0.5  # two models of different make agree: they are believed
    # One word alone is a town, a brand or a colour more often than two words are, so it needs more.
    mean, least = (SET.mean_of_several, 0.25) if signs.several_words else (SET.mean_of_one, 0.4)
    return (signs.model + signs.listed) / 2 >= mean and min(
        signs.model, signs.listed, signs.agreed
    ) >= least
