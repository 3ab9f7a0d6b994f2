"""Words that stand for a missing value, whatever was asked."""

_WORDS = """
? ?? ??? - -- --- – — . .. ... * # / \\ _ n/a n.a. n.a #n/a #na na #null! #value! #ref! #div/0! <na> nan null (null) \\n
nil nat tbd tba missing (missing) (blank) blank unknown unk undefined unspecified unbekannt k.a. k.a inconnu desconocido
desconhecido sconosciuto onbekend okänd okand ukjent ukendt tuntematon nieznane ismeretlen neznámé xx xxx xxxx 不明 未知
неизвестно
"""
MISSING_WORDS = frozenset(_WORDS.split()) | frozenset(
    (
        "not available",
        "not applicable",
        "not known",
        "not specified",
        "not stated",
        "none given",
        "no data",
        "no value",
        "no answer",
        "keine angabe",
        "nicht bekannt",
        "non renseigné",
        "sin datos",
        "sin dato",
        "no disponible",
    )
)
"""Texts that are no answer to any question; compared without case and outer space."""
