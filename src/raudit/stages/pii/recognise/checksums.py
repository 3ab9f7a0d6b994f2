"""What makes a number one: check digits, dates and ranges by python-stdnum, and the few that it does not know."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Validator = Callable[[str], bool]

PRIVATE_DOMAINS = frozenset(
    {
        "internal",
        "local",
        "localdomain",
        "lan",
        "corp",
        "home",
        "intranet",
        "private",
        "test",
        "example",
        "invalid",
    }
)
"""Last labels of domains that no registry gives out and organisations use inside: RFC 2606, RFC 6762, ICANN on
``.internal`` (2024) and on ``.corp`` and ``.home`` (2018)."""
FILE_ENDING = (
    r"\.(?:pdf|csv|tsv|txt|json|xml|zip|gz|eml|msg|docx?|xlsx?|jpe?g|png|log|html?|vcf|parquet)$"
)
NRIC_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""In the order of their numbers 10 to 35."""
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


FIFTEEN = "^(?:3[47]|1|2131)"
"""How cards of fifteen digits begin; other numbers of that length that pass Luhn are those of telephones (IMEI)."""


def card(text: str) -> bool:
    """Payment card: 12 to 19 digits that pass Luhn (ISO/IEC 7812-1, annex B), not all the same."""
    digits = re.sub(r"[ -]", "", text)
    if (
        not (12 <= len(digits) <= 19 and digits.isascii() and digits.isdigit())
        or len(set(digits)) == 1
        or (len(digits) == 15 and not re.match(FIFTEEN, digits))
    ):
        return False
    return _passes_luhn(digits)


def imei(text: str) -> bool:
    """Serial number of a telephone: 15 digits that pass Luhn and are no card's (3GPP TS 23.003, 6.2)."""
    digits = re.sub(r"[ /-]", "", text)
    return (
        re.fullmatch("[0-9]{15}", digits) is not None
        and not re.match(FIFTEEN, digits)
        and len(set(digits)) > 1
        and _passes_luhn(digits)
    )


def iccid(text: str) -> bool:
    """Serial number of a SIM card: 19 or 20 digits that begin with 89 and pass Luhn (ITU-T E.118)."""
    digits = re.sub(r"[ -]", "", text)
    return re.fullmatch("89[0-9]{17,18}", digits) is not None and (
        _passes_luhn(digits) or (len(digits) == 20 and _passes_luhn(digits[:19]))
    )


def _passes_luhn(digits: str) -> bool:
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(d), 10)) for d in even)) % 10 == 0


def us_ssn(text: str) -> bool:
    """US social security number: ranges that were given out. Two that stood in advertisements were somebody's too."""
    digits = re.sub(r"\D", "", text)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    given_out = area not in ("000", "666") and not area.startswith("9")
    return len(digits) == 9 and given_out and group != "00" and serial != "0000"


AT = re.compile(
    r"@|%(?:25)*40|\\u0040|\\x40|=40|&#0*64;|&#x0*40;|&commat;|\s?[\[({<]\s?(?:at|ät|a|arroba)\s?[\])}>]\s?|\s(?:at|arroba)\s",
    re.IGNORECASE,
)
"""What stands between a name and its domain: as it is, in a web address, HTML, a program, a mail, or spelled out."""
DOT = re.compile(
    r"\s?[\[({<]\s?(?:dot|punkt|point|punto|ponto|\.)\s?[\])}>]\s?|\s(?:dot|punkt|point|punto|ponto)\s",
    re.IGNORECASE,
)
"""A point in a domain that is spelled out, so that machines do not see it."""


def email_domain(text: str) -> bool:
    """E-mail address whose domain ends in a public suffix, or in a label for private use."""
    return public_domain(re.sub(DOT, ".", re.split(AT, text)[-1]))


@functools.lru_cache(maxsize=65_536)
def public_domain(domain: str) -> bool:
    """Whether a domain ends in a public suffix, or in a label for private use."""
    # In the name of a file an address goes on: statement_ann@example.org_2024.pdf
    name = re.sub(FILE_ENDING, "", domain.partition("_")[0].strip(".-").lower())
    if name.rpartition(".")[2] in PRIVATE_DOMAINS:
        return "." in name
    found: Any = _suffixes()(name)
    return bool(found.suffix and found.domain)


def ip_address(text: str) -> bool:
    """IPv4 or IPv6 address, and not the empty one."""
    try:
        return int(ipaddress.ip_address(text.strip("[]"))) > 0
    except ValueError:
        return False


def iban(text: str) -> bool:
    """IBAN: the country's length and form, mod 97; words that follow it in a sentence are no part of it."""
    plain = re.sub(r"[ -]", "", text).upper()
    return any(_stdnum("iban")(plain[:n]) for n in range(min(len(plain), 34), 14, -1))


def wallet(text: str) -> bool:
    """Wallet of a crypto currency: Ethereum's 40 hexadecimal digits, Base58Check, or what presidio knows."""
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        return len(set(text[2:].lower())) > 4
    return _base58check(text) or bool(_presidio_wallet()(text))


def es_dni(text: str) -> bool:
    """Spanish identity number: a letter by the number mod 23; old numbers are written with seven digits."""
    return _stdnum("es.dni")(text.replace("-", "").upper().zfill(9))


def sg_nric(text: str) -> bool:
    """Singapore's NRIC and FIN: weighted sum mod 11, and a letter by the series."""
    plain = text.upper()
    if not re.fullmatch("[STFGM][0-9]{7}[A-Z]", plain):
        return False
    total = sum(w * int(d) for w, d in zip(NRIC_WEIGHTS, plain[1:8], strict=True))
    series = {
        "S": (0, "JZIHGFEDCBA"),
        "T": (4, "JZIHGFEDCBA"),
        "F": (0, "XWUTRQPNMLK"),
        "G": (4, "XWUTRQPNMLK"),
    }
    added, letters = series.get(plain[0], (3, "XWUTRQPNJLK"))
    return letters[(total + added) % 11] == plain[8]


def tw_id(text: str) -> bool:
    """Taiwan's identity number: the letter's two digits and nine more, weighted, mod 10."""
    plain = text.upper()
    if not re.fullmatch("[A-Z][1289][0-9]{8}", plain):
        return False
    tens, ones = divmod(TAIWAN_LETTERS.index(plain[0]) + 10, 10)
    weighted = zip((8, 7, 6, 5, 4, 3, 2, 1, 1), map(int, plain[1:]), strict=True)
    return (tens + 9 * ones + sum(w * d for w, d in weighted)) % 10 == 0


def hk_id(text: str) -> bool:
    """Hong Kong's identity card: one or two letters, six digits and a check in brackets, mod 11."""
    plain = re.sub(r"[()\s]", "", text.upper())
    if not re.fullmatch("[A-Z]{1,2}[0-9]{6}[0-9A]", plain):
        return False
    values = [36 if c == " " else int(c, 36) for c in plain.rjust(9)]
    return sum(w * v for w, v in zip(range(9, 0, -1), values, strict=True)) % 11 == 0


def ru_snils(text: str) -> bool:
    """Russian SNILS: weighted sum of nine digits, mod 101, two check digits."""
    digits = re.sub(r"\D", "", text)
    if len(digits) != 11:
        return False
    total = sum(w * int(d) for w, d in zip(range(9, 0, -1), digits[:9], strict=True))
    return total % 101 % 100 == int(digits[9:])


_TRUNK = """
JP KR TW AU NZ ZA NG KE GH EG SA AE ID TH VN MY PH PK
BD LK TR GB FR DE IT NL BE CH AT SE FI IE RO BG HR UA
"""
TRUNK_REGIONS = tuple(_TRUNK.split())
"""Countries in which numbers are written with a zero before the area."""


@functools.lru_cache(maxsize=65_536)
def trunk_phone(text: str) -> bool:
    """Telephone number with a zero before its area that is given out in some country; 9 to 12 digits."""
    digits = re.sub(r"\D", "", text)
    if not 9 <= len(digits) <= 12 or digits[0] != "0" or len(set(digits)) < 4:
        return False
    return any(_given_out(text, region) for region in TRUNK_REGIONS)


def _given_out(text: str, region: str | None) -> bool:
    """Whether a telephone number is one that a country gives out; the region is that of numbers without a country."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def written_phone(text: str) -> bool:
    """Whether a cell under a telling name is written as a telephone number: in groups, and no date.

    Seven to twelve digits, fifteen with a plus (ITU-T E.164). Digits alone must be as long as those of their country.
    """
    stripped = text.strip()
    digits = re.sub(r"\D", "", stripped)
    longest = 15 if stripped.startswith(("+", "00", "(+")) else 12
    if stripped.isdigit():
        return 10 <= len(digits) <= 13 and len(set(digits)) > 2 and _fits_a_country(digits)
    return (
        7 <= len(digits) <= longest
        and len(set(digits)) > 2
        and not re.fullmatch(NO_PHONE, stripped)
    )


NO_PHONE = (
    r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d\d|[-+]?\d*\.\d+"
)
"""A date, or a fraction."""


def _fits_a_country(digits: str) -> bool:
    import phonenumbers

    with contextlib.suppress(phonenumbers.NumberParseException):
        if phonenumbers.is_possible_number(phonenumbers.parse("+" + digits, None)):
            return True
    return trunk_phone(digits)


VALIDATORS: Mapping[str, Validator] = {
    "card": card,
    "imei": imei,
    "iccid": iccid,
    "trunk_phone": trunk_phone,
    "written_phone": written_phone,
    "us_ssn": us_ssn,
    "email_domain": email_domain,
    "iban": iban,
    "ip_address": ip_address,
    "wallet": wallet,
    "es_dni": es_dni,
    "sg_nric": sg_nric,
    "tw_id": tw_id,
    "hk_id": hk_id,
    "ru_snils": ru_snils,
}
"""Validators of our own by the name that rules use; any other name is a module of python-stdnum, such as ``br.cpf``."""


def validator(name: str) -> Validator:
    """The check that a rule names.

    Raises
    ------
    ModuleNotFoundError
        If neither we nor python-stdnum know it.
    """
    return VALIDATORS.get(name) or _stdnum(name)


@functools.cache
def _stdnum(name: str) -> Validator:
    module: Any = import_module(f"stdnum.{name}")
    valid: Validator = module.is_valid
    return valid


@functools.cache
def _suffixes() -> Any:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@functools.cache
def _presidio_wallet() -> Any:
    from presidio_analyzer.predefined_recognizers import CryptoRecognizer

    return CryptoRecognizer().validate_result


def _base58check(text: str) -> bool:
    """Base58Check with one byte of version: Bitcoin, Litecoin, Dogecoin, Tron."""
    if not 26 <= len(text) <= 35 or set(text) - set(BASE58):
        return False
    number = functools.reduce(lambda total, c: total * 58 + BASE58.index(c), text, 0)
    if number >= 2**200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def luhn(numbers: object) -> np.ndarray:
    """Which of many whole numbers pass the Luhn check.

    Parameters
    ----------
    numbers
        Array of uint64 of shape (n,).

    Returns
    -------
    np.ndarray
        Booleans of shape (n,); about one random number in ten is True.

    References
    ----------
    ISO/IEC 7812-1, annex B.
    """
    import numpy as np

    rest = np.asarray(numbers, dtype=np.uint64)
    total = np.zeros(rest.shape, dtype=np.uint64)
    ten = np.uint64(10)
    double = False
    for _ in range(20):
        digit = rest % ten
        if double:
            digit = digit * np.uint64(2)
            digit = digit - np.uint64(9) * (digit > np.uint64(9))
        total += digit
        rest = rest // ten
        double = not double
    passed: np.ndarray = total % ten == 0
    return passed
