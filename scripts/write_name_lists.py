"""Write the lists of names of Africa, Asia and eastern Europe from Faker's and Mimesis', in their scripts and in Latin.

    python scripts/write_name_lists.py      (needs the dependency group ``benchmark``)

The lists of western and central Europe and of the United States are older and stay as they are.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from spacy.lang.en.stop_words import STOP_WORDS

from raudit.stages.pii.vocabulary.names_of_columns import fold

NAMES = Path(__file__).resolve().parent.parent / "src/raudit/stages/pii/rules/names"
LOCALES = (
    *(
        "ar_AA",
        "ar_DZ",
        "ar_PS",
        "ar_SA",
        "az_AZ",
        "bg_BG",
        "bn_BD",
        "el_GR",
        "en_IN",
        "en_KE",
        "en_NG",
        "en_PK",
        "fa_IR",
    ),
    *(
        "fr_DZ",
        "gu_IN",
        "ha_NG",
        "he_IL",
        "hi_IN",
        "hy_AM",
        "id_ID",
        "ig_NG",
        "ja_JP",
        "ka_GE",
        "ko_KR",
        "mk_MK",
        "mr_IN",
    ),
    *(
        "ne_NP",
        "or_IN",
        "ru_RU",
        "si_LK",
        "sw",
        "ta_IN",
        "th_TH",
        "tw_GH",
        "uk_UA",
        "uz_UZ",
        "vi_VN",
        "yo_NG",
        "zh_CN",
    ),
    *("zh_TW", "zu_ZA"),
)
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


def main() -> None:
    """Write both lists."""
    given = {*_words(_faker(GIVEN)), *_words(_mimesis("given")), *_words(MORE_GIVEN.split())}
    family = {*_words(_faker(FAMILY)), *_words(_mimesis("family")), *_words(MORE_FAMILY.split())}
    for name, words in (("given", given), ("family", family)):
        known = set((NAMES / f"{name}.txt").read_text(encoding="utf-8").split())
        body = textwrap.fill(
            " ".join(sorted(words - known)), 119, break_long_words=False, break_on_hyphens=False
        )
        head = (
            f"# Common {name} names of Africa, Asia and eastern Europe in their scripts and in Latin, folded to\n"
            "# lower case. Sources: Faker and Mimesis (MIT); names of audit studies and statistics offices (facts).\n"
            "# Written by scripts/write_name_lists.py. Words that mean something else more often are left out.\n"
        )
        (NAMES / f"{name}_world.txt").write_text(f"{head}{body}\n", encoding="utf-8")


def _faker(attributes: Iterable[str]) -> Iterator[str]:
    for locale in LOCALES:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        for attribute in attributes:
            names = getattr(provider, attribute, ())
            yield from () if isinstance(names, property) else map(str, names)


def _mimesis(kind: str) -> Iterator[str]:
    """Names that Mimesis has in other scripts than the Latin one; many draws bring nearly all."""
    from mimesis import Gender, Person

    for locale in (
        "ar-eg",
        "ar-sa",
        "ar-ma",
        "ar-sy",
        "el",
        "fa",
        "ja",
        "kk",
        "ko",
        "ru",
        "uk",
        "zh",
    ):
        person: Any = Person(locale, seed=1)
        draw = person.first_name if kind == "given" else person.surname
        for gender in (Gender.FEMALE, Gender.MALE):
            yield from (str(draw(gender=gender)) for _ in range(DRAWS))


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
