"""Words that make a thing of a name, such as Museum and Street, and the families that are called by one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from raudit.stages.pii.recognise.names.lists import NameLists

THING = re.compile(
    r"[ '\u2019s]*\b(?:Museum|Gallery|University|College|School|Institute|Foundation|Hospital|Clinic|Center|Centre|"
    r"Library|Airport|Stadium|Street|St(?!-)|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Lane|Park|Bridge|Prize|Award|Inc|LLC|Ltd|GmbH|"
    r"AG|Corp|Company|County|Theat[er]+|Hotel|Bank|Group|Airlines|Church|Cathedral|Station|River|Lake|Mountain|"
    r"Island|Cup|League|Mount|Mt|Fort|Hwy|Highway|Mtn|Mountains|Mall|Canyon|Creek|Springs|Valley|Wilderness|Area|Plaza|"
    r"Department|Dept|District|Unit|Garage|Restaurant|Caf[e\u00e9]|Reservoir|Peak|Trail|Falls|Harbou?r|Rescue|Program(?:me)?|"
    r"Festival|Building|Campus|Ranch|Brothers|Bros|Sons|Tournament|Championship|Act|Treaty|Theorem|Effect|Syndrome|Disease|"
    r"Equation|Fellowship|Scholarship|Medal|Memorial|Monument|Palace|Castle|Mosque|Tunnel|Dam|Terminal|Estate|Academy|"
    r"Society|Association|Committee|Council|Commission|Ministry|Agency|Authority|Services?|Systems?|Solutions|Technologies|"
    r"Industries|Partners|Holdings|Insurance|Motors|Records|Studios?|Pictures|Magazine|Tribune|Journal|Gazette|Fire)\b"
)


def may_be_family(words: Sequence[str], lists: NameLists) -> bool:
    """Whether a given name and a word for a place can be a person: Park is the family name of three million."""
    if len(words) != 2 or words[0] in lists.ordinary or words[0] in lists.places:
        return False
    families = {"park", "lane", "lake", "bank"}
    korean = words[0] == "park" and "-" in words[1] and lists.is_given(words[1])
    return korean or (words[1] in families and lists.is_given(words[0]))
