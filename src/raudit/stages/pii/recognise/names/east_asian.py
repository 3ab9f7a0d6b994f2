"""Names of persons in Chinese, Japanese and Korean sentences.

Chinese is cut into words by rjieba, whose dictionary and model tell names. In Japanese a family name is followed by a
given name, a form of address or a word of speech. Korean words carry their particles; a family name of one syllable and
a given name of two stand before one.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from raudit.stages.pii.recognise.names.cues import Before, Cues, cues_of
from raudit.stages.pii.recognise.names.lists import NameLists, folded

Stretch = tuple[int, int]

CHINESE_FAMILY = frozenset(
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹"
    "孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包"
    "宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂盧鍾譚陸範賈韋鄒閻龍賀顧龔萬錢嚴莊葉歐關蘭寧齊喬龐顏倪聶魯衛"
)
"""Family names of one character, in both ways of writing; nine in ten Chinese have one of the first two hundred."""
CHINESE_DOUBLE = "欧阳 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 长孙 宇文 司徒 令狐 东方 独孤 南宫 端木 百里 轩辕 淳于 申屠 歐陽 司馬 諸葛".split()
CHINESE_BEFORE = frozenset(
    "叫 是 和 与 跟 同 给 向 对 请 找 问 由 被 让 把 为 从 约 见 告诉 联系 通知 感谢 客户 顾客 同事 经理 老师 医生 病人 患者 寄给 发给 交给 转给 姓名 名字 名叫 朋友 "
    "先生 女士 丈夫 妻子 儿子 女儿 哥哥 姐姐 弟弟 妹妹 母亲 父亲 妈妈 爸爸 邻居 老板 员工 学生 律师 司机 用户 会员 根据 据 按照 联络 拜访 邀请 采访 询问 帮 帮助 陪 属于 致 亲爱的 尊敬的 "
    "你好 您好 负责人 联系人 收件人 申请人 主任 教授 护士 房东 租客 证人 代表 小姐 认识 遇到 看到 采访 聘请 介绍 替 于 送给 写给 还给 借给 雇员 队友 同学 室友 爷爷 奶奶 叔叔 阿姨 :".split()
)
CHINESE_AFTER = frozenset(
    "说 先生 女士 小姐 老师 医生 经理 博士 教授 同学 总 主任 师傅 表示 认为 告诉 询问 问 提 要求 会 想 要 将 已 已经 曾 昨天 今天 明天 打电话 来电 打 来 去 住 工作 在 的 是 和 与 申请 "
    "投诉 反映 希望 需要 订购 购买 收到 签 签字 签名 同意 写 发 出生 患 被 把 也 都 再 又 给 您好 你好 敬上 上 律师 护士 夫妇 他 她 没有 还".split()
)
CHINESE_TITLES = frozenset(
    "先生 女士 小姐 老师 医生 经理 博士 教授 同学 主任 师傅 律师 护士 总".split()
)
NOT_CHINESE_NAMES = frozenset(
    "高兴 方便 方面 方法 方式 文件 文章 文字 时间 时候 程序 安全 安排 安装 任何 任务 成功 成本 成为 成绩 包括 包装 包裹 管理 管道 应用 应该 连接 连续 路径 路线 解决 解释 全部 全面 明天 明确 "
    "项目 关于 关系 关闭 相关 许多 许可 单位 单独 金额 金融 向前 于是 常常 常见 温度 周末 周围 马上 高级 高度 白色 黄色 万一 何时 何处 和平 毛病 江西 江苏 安徽 石油 水平 顾客 施工 简单 "
    "华为 房间 房子 房东 边界 游戏 游客 景点 商品 商店 商务 师傅 米饭 明白 明显 车辆 车站 应当 查询 查看 查找 时代 和谐 全国 欧洲 欧元 古代 司机 麻烦 麦克 别人 程度 边缘 费用 宗教 强大 易于 单元 尤其 项链 成员 成熟 管家 "
    "安卓 苹果 白天 方案 方向 文化 文本 文档 计划 章节 段落 雷达 龙虾 石头 金属 林业 牛奶 马路 马来西亚 高速 高中 高铁 钱包 游泳 景色 连锁 全球 全新 全体 季节 季度 盛大 路上 路由 左右 左侧 柳树 常用 常规 温馨 温暖 康复 施行 安静 安心 安慰 "
    "万达 史密斯 包含 包子 解除 解答 简介 简历 简体 项 连同 卫生 卫星 米 应对 应付 查 明年 明细 师 和 时刻 时区 房产 房价 车票 车型 车主 商业 商家 商标 荣誉 冷静 冷却 席位 桂林 党 费".split()
)
KOREAN_FAMILY = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진나지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
KOREAN_DOUBLE = ("남궁", "황보", "제갈", "사공", "선우", "독고")
_KOREAN_PARTICLE = "(?:이라고|라고|이라는|라는|에게서|한테서|으로부터|로부터|이에게|이었|입니다|이에요|예요|이며|이고|이가|이는|이를|이와|이의|에게|한테|께서|께|은|는|이|가|을|를|의|와|과|도|랑|이랑|하고|만|로|으로|까지|부터|처럼|보다|씨|님|군|양)"
_KOREAN = re.compile("[\uac00-\ud7a3]+")
_KANJI = "\u3400-\u9fff\u3005"
_JAPANESE = re.compile(f"[{_KANJI}]+[\u3041-\u3096\u30a1-\u30fa]*")
_KANA_NAME = re.compile(
    "[\u30a1-\u30fa\u30fc]{2,}(?:[\u30fb=\uff1d ][\u30a1-\u30fa\u30fc]{2,}){0,2}"
)
_HAN_RUN = re.compile("[\u3400-\u9fff]+")
_JAPANESE_PLACE = re.compile(
    "[県市区町村駅山川島海港橋道通寺城社店校園院館場局署線病銀大株高中小支本]"
)
_DICTIONARY_NAME = ("nr",)


class _Segmenter(Protocol):
    """What rjieba offers."""

    def tag(self, sentence: str, hmm: bool = ...) -> list[tuple[str, str]]:
        """Words and their parts of speech."""
        ...


@functools.cache
def _segmenter() -> _Segmenter:
    return cast("_Segmenter", import_module("rjieba"))


def in_chinese(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a Chinese text, or names in Chinese characters in another one."""
    if sum(map(len, _HAN_RUN.findall(text))) < 0.3 * len(text.replace(" ", "")):
        yield from (m.span() for m in _HAN_RUN.finditer(text) if _is_han_name(m.group(), lists))
        return
    at = 0
    tagged: list[tuple[str, str, int]] = []
    for word, tag in _segmenter().tag(text):
        tagged.append((word, tag, at))
        at += len(word)
    index = 0
    while index < len(tagged):
        used = _chinese_name(tagged, index, lists)
        if used:
            last = tagged[index + used - 1]
            yield tagged[index][2], last[2] + len(last[0])
        index += used or 1


def _is_han_name(word: str, lists: NameLists) -> bool:
    """Whether Chinese characters that stand alone in a text are a name."""
    family = 2 if word[:2] in CHINESE_DOUBLE else 1 if word[:1] in CHINESE_FAMILY else 0
    chinese = family and 1 <= len(word) - family <= 2
    return bool(chinese) or _japanese_split(word, lists) is not None


def _chinese_name(tagged: list[tuple[str, str, int]], index: int, lists: NameLists) -> int:
    """How many words from one on are a name; 0 if none begins there."""
    for used in (1, 2, 3):
        part = tagged[index : index + used]
        word = "".join(w for w, _, _ in part)
        family = 2 if word[:2] in CHINESE_DOUBLE else 1
        if len(part) < used or len(word) > family + 2 or not _HAN_RUN.fullmatch(word):
            return 0
        if family == 1 and word[0] not in CHINESE_FAMILY:
            return 0
        if not 1 <= len(word) - family <= 2 or word in NOT_CHINESE_NAMES or word in lists.places:
            continue
        following = tagged[index + used : index + used + 1]
        if used == 1 and part[0][1].startswith("nr"):
            if _goes_on(following, len(word), family):
                continue
            return 1
        if _beside_chinese(tagged, index, used) and not _ordinary_chinese(part):
            return used
    return 0


def _goes_on(following: list[tuple[str, str, int]], length: int, family: int) -> bool:
    """Whether one character more belongs to a name of which the dictionary knows the beginning."""
    if length - family != 1 or not following:
        return False
    word, tag, _ = following[0]
    return (
        len(word) == 1
        and word not in CHINESE_AFTER
        and tag not in {"x", "p", "u", "uj", "ul", "c", "d", "v", "r"}
    )


def _ordinary_chinese(part: list[tuple[str, str, int]]) -> bool:
    """Whether what stands after a family name are ordinary words that a sentence goes on with."""
    if len(part) == 1:
        return part[0][1][:1] in {"n", "t", "m", "r", "d", "c", "p"} and part[0][1] not in {
            "nz",
            "nr",
        }
    return any(tag in {"p", "c", "r", "u", "uj", "ul", "x", "m"} for _, tag, _ in part[1:])


def _beside_chinese(tagged: list[tuple[str, str, int]], index: int, used: int) -> bool:
    """Whether the words around say that a person is named; at a sentence's ends the other side must."""
    word_before = tagged[index - 1][0] if index else ""
    word_after = tagged[index + used][0] if index + used < len(tagged) else ""
    before = word_before in CHINESE_BEFORE
    after = word_after in CHINESE_AFTER
    edge_before = not word_before or not word_before.strip("，。！？：；、,.!?:; \n“”\"'（(")
    edge_after = not word_after or not word_after.strip("，。！？：；、,.!?:; \n“”\"'）)")
    return (
        (before and (after or edge_after))
        or (edge_before and word_after in CHINESE_AFTER)
        or (before and tagged[index][1].startswith("nr"))
    )


def in_japanese(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a Japanese text."""
    cues = cues_of("ja")
    for run in _JAPANESE.finditer(text):
        yield from _in_japanese_run(text, run, lists, cues)
    for run in _KANA_NAME.finditer(text):
        # A name from abroad, or one in syllables, is told by its form of address alone.
        if _follows(text, run.end(), _ADDRESS) and not _follows(
            text, run.end(), cues.after - _ADDRESS
        ):
            yield run.span()


_ADDRESS = frozenset({"さん", "様", "さま", "氏", "くん", "君", "ちゃん"})


def _in_japanese_run(
    text: str, run: re.Match[str], lists: NameLists, cues: Cues
) -> Iterator[Stretch]:
    word = run.group()
    kanji = re.match(f"[{_KANJI}]+", word)
    length = kanji.end() if kanji else 0
    index = 0
    while index < length:
        found = _japanese_at(text, run.start(), word, index, lists, cues)
        if found:
            yield run.start() + index, run.start() + found
        index = found or index + 1


def _japanese_at(text: str, base: int, word: str, index: int, lists: NameLists, cues: Cues) -> int:
    """End of the name that begins at a character of a run of kanji; 0 if none does."""
    before = index == 0 or _precedes(word[:index], cues)
    for family in (3, 2, 1, 4):
        if word[index : index + family] not in lists.japanese_family:
            continue
        after = index + family
        gap = 1 if text[base + after : base + after + 1] in {" ", "\u3000"} else 0
        given = _given_length(text[base + after + gap : base + after + gap + 4], lists)
        if given and (before or given > 1) and not (family == 1 and given == 1 and index):
            return after + gap + given
        if before and _follows(text, base + after, cues.after):
            return after
        unlisted = re.match(f"[{_KANJI}]{{1,3}}", word[after:])
        if unlisted and before and family > 1:
            end = after + unlisted.end()
            title = next((t for t in cues.after if word[after:end].endswith(t)), "")
            if not title and _follows(text, base + end, cues.after):
                if not _JAPANESE_PLACE.search(word[after:end]):
                    return end
    return 0


def _given_length(following: str, lists: NameLists) -> int:
    return next(
        (n for n in (3, 4, 2, 1) if len(following) >= n and following[:n] in lists.japanese_given),
        0,
    )


def _japanese_split(word: str, lists: NameLists) -> int | None:
    """Characters of the family name of a whole word that is a Japanese name."""
    return next(
        (
            n
            for n in (2, 1, 3)
            if word[:n] in lists.japanese_family
            and (word[n:] in lists.japanese_given or 1 <= len(word) - n <= 2)
        ),
        None,
    )


def _precedes(text: str, cues: Cues) -> bool:
    return any(text.endswith(cue) for cue, kind in cues.before.items() if kind is Before.PERSON)


def _follows(text: str, end: int, phrases: frozenset[str]) -> bool:
    near = text[end : end + 6].lstrip()
    return any(near.startswith(phrase) for phrase in phrases)


def in_korean(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a Korean text."""
    cues = cues_of("ko")
    tokens = list(_KOREAN.finditer(text))
    korean = sum(len(t.group()) for t in tokens) >= 0.3 * len(text.replace(" ", ""))
    for index, token in enumerate(tokens):
        before = (
            cues.before.get(folded(tokens[index - 1].group())) is Before.PERSON if index else False
        )
        following = tokens[index + 1].group() if index + 1 < len(tokens) else ""
        length = _korean_length(token.group(), following, lists, before=before, korean=korean)
        if length:
            yield token.start(), token.start() + length


_ADDRESSED = (
    "씨",
    "님",
    "선생님",
    "고객님",
    "과장",
    "부장",
    "대리",
    "팀장",
    "사장",
    "교수",
    "박사",
    "대표",
    "이사",
    "의원",
    "원장",
    "기자",
    "감독",
    "군",
    "양",
)


def _korean_length(
    token: str, following: str, lists: NameLists, *, before: bool, korean: bool
) -> int:
    """Syllables of the name that a word begins with; 0 if it is none."""
    family = 2 if token[:2] in KOREAN_DOUBLE else 1
    if family == 1 and token[:1] not in KOREAN_FAMILY:
        return 0
    for given in (2, 1):
        length = family + given
        rest = token[length:]
        if len(token) < length or not re.fullmatch(f"{_KOREAN_PARTICLE}*", rest):
            continue
        addressed = rest.startswith(_ADDRESSED) or following.startswith(_ADDRESSED)
        listed = folded(token[family:length]) in lists.given
        likely = given == 2 and _syllables(token[family:length], lists)
        if token[:length] in NOT_KOREAN_NAMES:
            continue
        if not korean:
            return length if not rest else 0
        if given == 2 and (
            listed
            or addressed
            or (before and likely)
            or (likely and rest and token[:1] in COMMON_KOREAN)
        ):
            return length
        if given == 1 and (addressed and before):
            return length
    return 0


COMMON_KOREAN = frozenset("김박최윤임송황홍권류허곽엄채")
"""Family names that few other words begin with."""
NOT_KOREAN_NAMES = frozenset(
    "이것은 이것이 이것을 이메일 이미지 이전에 이후에 정보를 정보가 정보는 전화가 전화를 고객님 고객이 주문이 주문을 지난주 지금은 서비스 사용자 안내를 안녕하 문제가 문제를 문의가 문서를 한국어 한국의 장소를 "
    "배송이 배송지 신용카 신청서 신청을 전자우 전화번 주소가 주소를 주문번 차이가 최근에 최신의 최고의 최대한 최소한 현재는 현금을 하나의 하나를 하지만 하루가 여행을 여기에 여러분 우리는 우리가 우리의 나중에 나에게 "
    "박물관 강의실 강아지 고양이 고속도 공항에 공지사 구매를 구매한 기본값 기능을 기능이 노트북 노력을 도서관 도시의 마지막 명세서 모두가 모든것 모바일 민감한 반드시 방문자 방법을 방법이 변경을 서버가 서버에 서울시 서울에 "
    "선택한 선택을 설정을 설명을 성공적 소프트 손님이 송금을 심각한 신규로 안전한 양식을 어떻게 어디에 여름에 연락처 연결이 오늘은 오류가 오류를 온라인 왕복으 용량이 우체국 운영자 원하는 위치를 유효한 육개장 은행에 은행이 "
    "인터넷 임대차 임시로 자동차 장바구 전체를 제목을 제품을 제품이 조건을 조회를 주차장 지도를 지원을 진행을 진료를 차량을 천천히 추가로 추천을 태그를 편의점 표시할 하늘이 한글로 함께해 허용된 현관문 홈페이 화면을 황금빛 "
    "김치찌 김밥을 김치를 최종적 최소값 최대값 윤리적 임의의 송장을 홍보를 권한이 권한을 허가를 박수를".split()
)


@functools.cache
def _given_syllables(lists: NameLists) -> tuple[frozenset[str], frozenset[str]]:
    """First and second syllables of listed Korean given names."""
    composed = [
        unicodedata.normalize("NFC", word)
        for word in lists.given
        if "\u1100" <= word[:1] <= "\u1112"
    ]
    pairs = [word for word in composed if len(word) == 2]
    return frozenset(word[0] for word in pairs), frozenset(word[1] for word in pairs)


def _syllables(given: str, lists: NameLists) -> bool:
    first, second = _given_syllables(lists)
    return given[0] in first and given[1] in second
