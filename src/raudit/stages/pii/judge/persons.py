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
            foreign=profile.foreign >= SET.foreign,
            several_words=profile.mean_words >= SET.several_words,
        )


def fits_its_name(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether the cells of a column that is called first name, patient name and so on bear it out."""
    several = _several(profile) or signs.listed >= SET.listed_of_few
    # Teams and schools have full names too, so a column of several words needs more than its name.
    least = (
        SET.listed_of_several
        if signs.several_words
        else 0.0
        if profile.distinct_in_sample >= SET.many_under_name
        else SET.listed_of_some
    )
    if signs.foreign:
        least = 0.0  # the lists of names are written in Latin letters
    return (
        signs.shaped >= SET.shaped_under_name
        and several
        and max(signs.listed, signs.model) >= least
    )


def fits_its_role(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether the cells of a column that is called author, owner or just name are persons."""
    if not _several(profile):
        return False
    if signs.foreign:
        return signs.shaped >= SET.role_shaped_foreign and signs.listed >= SET.role_listed_foreign
    # Names of origins that the model knows few of: the lists are enough where nearly all cells are in them.
    if signs.shaped >= SET.role_shaped and (
        (signs.several_words and signs.listed >= SET.listed_alone) or signs.given >= SET.given_alone
    ):
        return True
    agree = (
        (signs.model + signs.listed) / 2 >= SET.role_mean
        and signs.listed >= SET.role_listed
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
        both = signs.agreed >= SET.named_agreed
        return agree and both and signs.model + signs.listed >= SET.named_sum_of_one
    # Family names alone: the model knows few of them.
    return agree or (
        signs.shaped >= SET.role_shaped
        and signs.listed >= SET.family_listed
        and signs.model >= SET.family_model
    )


def _several(profile: ColumnProfile) -> bool:
    """Whether there are more different cells than of a handful of kinds."""
    return profile.distinct_in_sample >= min(SET.handful, profile.n_sampled)


def various(profile: ColumnProfile) -> bool:
    """Whether the cells are as different as people's names are; a list of stations, films or breeds is shorter.

    Of given names alone there are fewer, and no list of things is full of them.
    """
    alone = profile.name_given >= SET.given_alone
    share = SET.different_given if alone else SET.different
    enough = SET.enough_given if alone else SET.enough_persons
    return profile.distinct_in_sample >= max(
        SET.fewest_persons, min(enough, share * profile.n_sampled)
    )


def written_like_persons(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether most cells have a form of address or initials, as things that are named after people have not."""
    return (profile.titled >= SET.titled and signs.listed >= SET.titled_listed) or (
        profile.initialed >= SET.initialed
        and (signs.listed >= SET.initialed_listed or signs.model >= SET.initialed_model)
    )


def nearly_all(
    profile: ColumnProfile, signs: Signs, *, vetoed: bool, fewest: int = SET.fewest_persons
) -> bool:
    """Whether nearly every cell is a full name, whatever the column is called.

    Airports and schools are called after people, so where the column's name speaks of such things, more cells have to
    be different than there are things.
    """
    everywhere = min(signs.model, signs.listed, signs.agreed) >= SET.nearly_all
    least = max(SET.enough_persons, SET.different_vetoed * profile.n_sampled) if vetoed else fewest
    return everywhere and signs.several_words and profile.distinct_in_sample >= least


def by_cells_alone(profile: ColumnProfile, signs: Signs) -> bool:
    """Whether the cells of a column whose name says nothing are persons."""
    if signs.foreign:
        return min(signs.shaped, signs.listed) >= SET.listed_alone
    given = signs.given >= SET.given_alone and signs.model >= SET.given_model
    if not signs.several_words and given:
        return True  # given names alone: the model knows few, and no other list of things is so full of them
    listed = min(signs.listed, signs.shaped) >= SET.listed_alone
    if signs.several_words and listed and signs.agreed >= SET.listed_agreed:
        return True  # "Last, First" and capitals: the model reads them badly, the lists do not
    second = profile.second_person
    read = second is not None and second >= SET.second_person
    if second is not None and read is (signs.model >= SET.model_with_second):
        return read  # two models of different make agree: they are believed
    # One word alone is a town, a brand or a colour more often than two words are, so it needs more.
    mean = SET.mean_of_several if signs.several_words else SET.mean_of_one
    least = SET.least_of_several if signs.several_words else SET.least_of_one
    return (signs.model + signs.listed) / 2 >= mean and min(
        signs.model, signs.listed, signs.agreed
    ) >= least
