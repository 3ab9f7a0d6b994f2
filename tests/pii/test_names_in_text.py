"""Names in sentences: of any origin, in any script, listed or not; and nothing in sentences that name nobody."""

from __future__ import annotations

import pytest

from raudit.stages.pii.recognise.names import in_dictionary, persons_in_text, refuted
from raudit.stages.pii.recognise.names.alphabetic import WEIGHTS
from raudit.stages.pii.recognise.names.cues import Before, cues_of, language_of
from raudit.stages.pii.recognise.names.lists import name_lists, stem

ENGLISH = (
    "Yesterday {} told me that the landlord wants to raise the rent again.",
    "My name is {} and I would like to change my delivery address.",
    "The doctor referred {} to a specialist because of the chest pain.",
    "Thanks for your help with the order. Kind regards, {}",
)
ORIGINS = {
    "English": "Emily Clark|Geoffrey Walsh|Meredith O'Brien",
    "African American": "Lakisha Washington|Jamal Jefferson|Tremayne Jackson",
    "Nigerian": "Oluwaseun Adeyemi|Ngozi Okafor|Chukwuemeka Nwosu",
    "Kenyan": "Wanjiku Kamau|Kiprop Cheruiyot|Achieng Otieno",
    "South African": "Thandiwe Dlamini|Sipho Nkosi|Nomvula Khumalo",
    "Arab": "Fatima Al-Zahra|Youssef Haddad|Khadija bint Salem",
    "Indian": "Priya Venkataraman|Rajesh Iyer|Harpreet Kaur",
    "Vietnamese": "Nguyễn Thị Hương|Trần Văn Đức|Phạm Minh Tuấn|Yến Đặng",
    "Turkish": "Aslıhan Yılmaz|Gökhan Çelik|Şule Öztürk",
    "Polish": "Łukasz Wójcik|Agnieszka Szymańska|Zbigniew Kowalczyk",
    "Spanish": "Ximena Quispe|José Luis de la Cruz|Guadalupe Hernández",
    "Russian": "Анастасия Кузнецова|Дмитрий Соколов|Айгуль Каримова",
    "Greek": "Γιώργος Παπαδόπουλος|Ελένη Νικολάου|Κωνσταντίνος Γεωργίου",
    "Chinese": "张伟明|王芳|欧阳娜娜",
    "Japanese": "佐藤花子|山田太郎|田中美咲",
    "Korean": "김민수|박서연|최지훈",
    "Arabic script": "أحمد حسن|فاطمة علي|محمد إبراهيم",
    "Hebrew": "יוסי כהן|נועה לוי|דוד מזרחי",
    "Hindi": "राहुल शर्मा|प्रिया वर्मा|अनिल गुप्ता",
    "listed nowhere": "Zyxqora Blurvik|Qwendolf Trazmik|Vrelinka Ostrupp",
}
OWN = (
    ("客户{}昨天打电话来询问订单", "张伟明|王芳|李强|欧阳娜娜"),
    ("我叫{}，想更改我的收货地址。", "陈晓燕|赵子轩|周杰"),
    ("お客様の{}さんから電話がありました", "佐藤花子|鈴木一郎|高橋さくら"),
    ("私の名前は{}です。", "山田太郎|伊藤結衣"),
    ("고객 {} 씨가 어제 전화했습니다", "김민수|박서연|남궁민수"),
    ("제 이름은 {}이고 주소를 바꾸고 싶습니다", "최지훈|한지민"),
    ("Мы говорили с {} вчера", "Петром Сидоровым|Ольгой Ивановой"),
    ("Χθες μιλήσαμε με τον {} στο τηλέφωνο", "Γιώργο Παπαδόπουλο"),
    ("زميلي {} سأل عن الطلب", "أحمد حسن|محمد علي"),
    ("אתמול דיברנו עם {} בטלפון", "יוסי כהן|נועה לוי"),
    ("मेरा नाम {} है और मैं अपना पता बदलना चाहता हूँ", "राहुल शर्मा|प्रिया वर्मा"),
    ("আমার সহকর্মী {} ফোন করেছেন", "রহিম উদ্দিন"),
    ("Mein Kollege {} fragte nach der Rechnung.", "Jürgen Schmidthuber|Heike Brandt"),
    ("Hier, {} m'a dit que le colis était arrivé mouillé.", "Aïssatou Diallo|Hélène Lefèvre"),
    ("Me llamo {} y quisiera cambiar mi dirección.", "Ximena Quispe|Rocío Fernández"),
    ("A kollégám {} megkérdezte, hogy a szék visszaadható-e.", "Cziffra Ármin|Rác Pál"),
    ("同僚の{}が椅子を返品できるか尋ねました", "荒木八千代|石渡美奈子"),
    ("昨日{}さんと電話で話しました。", "西村るん|青野美智子"),
    ("昨天我们和{}通了电话。", "宗政怡雯|淳于美怡"),
    ("客户{}昨天打电话来询问订单", "浦旆樱|赵旆樱"),
    ("投诉人{}称商品有破损。", "欧淑颖|陳麗娟|別菲謹"),
    ("此致敬礼，{}", "石家豪|云煜"),
    ("这份合同由{}签署。", "方紫贤|欧淑颖"),
    ("{}は昨日会社を休みました。", "田原あすか|山城あゆみ|坂隆子"),
    ("申込者：{}", "望月渚|宮田秋葉"),
    ("همکارم {} پرسید که آیا می‌توان صندلی را پس داد", "شه‌مزین نوبختی|لاله‌رخ بزرگ‌نیا"),
    ("{}에 따르면 환불이 아직 안 됐습니다", "공기영|법민수"),
    ("Cordiali saluti, {}", "Rossella Bonardi|Zaira Corte"),
    ("Terveisin {}", "Aapo Pulkkinen|Satu Nikkilä"),
    ("A beteg {} pénteken került kórházba.", "Szalay Márk"),
    ("write a letter for {} about her late invoice", "emily clark"),
    ("Benim adım {} ve adresimi değiştirmek istiyorum.", "Aslıhan Yılmaz|Gökhan Çelik"),
)
NOBODY = (
    "申请人应当提供身份证明文件。",
    "联系人信息填写不完整，请重新提交。",
    "关于退款的问题，请联系客服人员。",
    "經理說明天的會議取消了。",
    "請修正重複資料, 必須是唯一值。",
    "新しいパスワードを入力してください",
    "選択した項目を削除すると関連するものも削除されます",
    "山口大学の図書館で勉強した。",
    "宮崎空港に着きました。",
    "How do I deploy Kubernetes on Amazon with Python and React in New York?",
    "Write an email to Customer Service about my broken Samsung phone.",
    "Tell me about the history of the Roman Empire and the Eiffel Tower.",
    "Dear Hiring Manager, I am writing to apply for the job at Google.",
    "Explain the difference between Visual Studio and Google Sheets in simple words.",
    "Compare Rust with Fedora for a team of 28 people.",
    "Give me a recipe for Thai Green Curry without fish sauce.",
    "Make a table of the planets, from Mercury to Neptune, with their moons.",
    "What is the difference between a Roth IRA and a pension?",
    "The tyre shop stood across the Hana Hwy from the Maui Mall.",
    "please send the invoice for the Blue Chair before the end of March",
    "I would like to visit Machu Picchu in December with two children.",
    "What is the capital of Brazil, and how far is it from Buenos Aires?",
    "如何在项目中安装和管理程序？请帮我查找相关文件。",
    "请用三句话说明黄色文件夹里的方法，周末之前完成。",
    "プログラムをインストールする方法を教えてください。山口県の人口は何人ですか。",
    "이것은 정보를 저장하는 방법에 대한 안내입니다. 주문이 늦어지고 있습니다.",
    "Как установить программу на Windows и открыть файл в Москве?",
    "कृपया इस प्रश्न का उत्तर दें और फ़ाइल को सहेजें",
    "Wie installiere ich das Programm auf dem Rechner in Berlin?",
    "يرجى حفظ الملف وفتح البرنامج مرة أخرى",
    "Meine Nummer ist unter 0171 zu finden, bitte melden",
    "write a letter about the old mill and the baker by the lake",
    "同僚の意見が正しいと思います。昨日新宿で会議がありました。",
    "昨天我们和东方航空通了电话。",
    "the shop in paris, texas was closed for the summer",
)


ORDINARY_GIVEN = (
    "Rewrite more politely: {} never answers e-mails",
    "hey it's {} again, the page still says my session has expired",
    "the contract is between {} and my company",
)


def covered(text: str, name: str) -> bool:
    begin = text.index(name)
    return any(a <= begin and begin + len(name) <= b for a, b in persons_in_text(text))


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("sentence", ENGLISH)
def test_a_name_of_any_origin_is_found_whole(origin: str, sentence: str) -> None:
    for name in ORIGINS[origin].split("|"):
        assert covered(sentence.replace("{}", name), name), name


@pytest.mark.parametrize(("sentence", "names"), OWN)
def test_a_name_is_found_in_a_sentence_of_its_language(sentence: str, names: str) -> None:
    for name in names.split("|"):
        assert covered(sentence.replace("{}", name), name), name


@pytest.mark.parametrize("text", NOBODY)
def test_nobody_is_found_where_nobody_is_named(text: str) -> None:
    assert [text[a:b] for a, b in persons_in_text(text)] == []


@pytest.mark.parametrize("sentence", ORDINARY_GIVEN)
@pytest.mark.parametrize("name", ["Grace Hopkins", "Blessing Okafor", "Precious Moyo"])
def test_an_ordinary_word_before_a_family_name_is_a_given_name(sentence: str, name: str) -> None:
    assert covered(sentence.replace("{}", name), name)


def test_a_korean_family_name_is_no_park() -> None:
    assert covered("Dear Park Ji-hoon, thank you for coming to the interview.", "Park Ji-hoon")


def test_a_greeting_at_the_end_introduces_a_name() -> None:
    assert covered("Hi, can we move our call? Best, Kayode Balogun", "Kayode Balogun")


def test_the_models_voice_counts_half_in_other_languages() -> None:
    shape = WEIGHTS.shape + WEIGHTS.weak
    assert shape + WEIGHTS.model_abroad < WEIGHTS.least <= shape + WEIGHTS.model


def test_words_of_the_dictionary_are_told_from_names() -> None:
    assert in_dictionary("Moon", "The Moon is beautiful tonight")
    assert in_dictionary("Sourdough Bread", "a bakery that sells Sourdough Bread")
    assert not in_dictionary("Zyxqora Blurvik", "the papers of Zyxqora Blurvik were wet")
    assert not in_dictionary("Moon", "Moon")  # a cell of its own is judged with its column


def test_names_that_no_list_holds_are_found_by_the_words_beside_them() -> None:
    text = "we spoke with Oluwaseun Adeyemi on the phone"
    lists = name_lists().without(frozenset({"oluwaseun", "adeyemi"}))
    assert [text[a:b] for a, b in persons_in_text(text, lists=lists)] == ["Oluwaseun Adeyemi"]


def test_without_a_word_beside_it_an_unlisted_name_is_no_name() -> None:
    assert not list(persons_in_text("the box of Zyxqora Blurvik had arrived wet"))


def test_the_model_is_one_voice_among_several() -> None:
    text = "the papers lay beside Zyxqora Mensah during the storm"
    begin = text.index("Zyxqora")
    assert not list(persons_in_text(text, [("PERSON", 0, 3)]))
    assert list(persons_in_text(text, [("PERSON", begin, begin + 14)]))


def test_weights_decide_as_documented() -> None:
    assert WEIGHTS.given >= WEIGHTS.least  # a common given name needs nothing more
    assert WEIGHTS.shape + WEIGHTS.act >= WEIGHTS.least  # two unknown words and "told me"
    assert WEIGHTS.shape + WEIGHTS.weak < WEIGHTS.least  # "of" and two unknown words
    assert WEIGHTS.one + WEIGHTS.weak < WEIGHTS.least  # "from" and one rare family name


def test_cues_are_those_of_the_language() -> None:
    assert language_of("Wir haben mit dem Kunden über den Vertrag gesprochen") == "de"
    assert language_of("the customer said that it was late") == "en"
    assert cues_of("fr").preceding(["je", "m", "appelle"]) is Before.PERSON
    assert cues_of("en").preceding(["spoke", "with"]) is Before.CONTACT
    assert cues_of("en").following(["told", "me"])


def test_endings_of_cases_are_cut() -> None:
    assert {stem("ивановой"), stem("иванову"), stem("иванов")} == {"иванов"}
    assert name_lists().is_given("ольгой")


def test_figures_of_books_are_subjects_unless_a_cue_speaks_of_a_person():
    asked = "Which Shakespeare play has the most deaths, Hamlet or Titus Andronicus?"
    assert not list(persons_in_text(asked))
    assert refuted(asked, (asked.index("Titus"), len(asked) - 1))
    told = "my name is Jane Austen and I need a refund"
    assert [told[a:b] for a, b in persons_in_text(told)] == ["Jane Austen"]


def test_a_family_name_a_comma_and_a_given_name_are_one_name() -> None:
    assert covered("Baker, Carla - 7", "Baker, Carla")
    assert not list(persons_in_text("Paris, Texas - 7"))
    assert not list(persons_in_text("Oak, Maple - 7"))
