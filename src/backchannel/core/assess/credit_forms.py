"""The words around the name of an outlet that make it a credit; every form ends or begins at the name."""

import re

_THE = (
    r"(?:[Tt]he\s+|its\s+|[Aa]n?\s+)?(?:(?:new|recent|latest|separate|detailed|[\w]{1,40}-language|\w{1,40}day)\s+)?"
)
_NATION = r"(?:[A-Z][\w’'-]{1,40}\s+){0,2}"
_KIND = (
    r"(?:(?:local|state|state-run|state-owned|official|semi-official|private|independent|pro-\w{1,40}|opposition|"
    r"respected|leading|"
    r"influential|popular|tabloid|conservative|liberal|\w{1,40}[- ]language|language|\w{1,40}-based|"
    r"right-wing|left-wing|"
    r"sister|"
    r"government-run|state-controlled|news|broadcast|online|television|TV|radio|cable|daily|weekly|business|"
    r"tech|technology|"
    r"entertainment|gossip|celebrity|financial|military|monitoring|satellite|national)\s+){0,5}"
    r"(?:newspapers?|papers?|daily|weekly|agency|wire|service|broadcaster|channel|network|station|website|"
    r"web\s?site|site|blog|"
    r"magazine|tabloid|outlet|portal|journal|publication|publisher|group|affiliate|radio|television|TV|news)\s+"
)
_QUOTE = r"[\"“‘'«]?"
_LEAD = rf"{_THE}{_NATION}(?:{_NATION}{_KIND})?{_QUOTE}(?:the\s+)?$"
_ADVERBS = (
    r"(?:\s+(?:also|first|later|earlier|has|had|have|then|previously|initially|recently|reportedly|"
    r"exclusively|separately|itself|\w{1,40}day|was|is|now|since|originally|today|yesterday|further|just))*"
)
_SUFFIX = (
    r"(?:['’”\"]|\))?(?:['’]s?\s+(?:[A-Z][\w.’'-]{1,40})(?:\s+[A-Z][\w.’'-]{1,40}){0,3})?"
    r"(?:\s+(?:news\s+)?(?:newspaper|agency|website|web\s?site|site|magazine|channel|news|network|television|TV|"
    r"radio|blog|daily|"
    r"service|group|reporter|correspondent|columnist|writer|editor))*"
    r"(?:\s+[A-Z][\w.’'-]{1,40}){0,2}(?:\s+\([^()]{1,30}\))?(?:,[^,.]{1,60},)?"
)

LISTENER = re.compile(
    r"(?i:\b(?:told|tells|telling|tell|informed|informs|assured|"
    r"(?:said|says|spoke|spoken|speaks|speaking|talk(?:ed|s|ing)?|confirmed|admitted|explained|revealed|"
    r"disclosed|conceded|"
    r"denied|stated|stressed|insisted|replied|responded|noted|commented|comments?|remarks?|statements?|"
    r"e-?mail(?:ed)?|"
    r"interview(?:\s+given)?)\s+(?:\w{1,40}\s+){0,2}?(?:to|with|for)|"
    r"interview(?:ed)?\s+(?:\w{1,40}\s+){0,3}?(?:with|by|to|for|on)|(?:contact(?:ed)?|reached|approached|asked|"
    r"quizzed|cornered)\s+by|"
    r"\bcontact\s+(?:by|with)|(?:speaking|appear(?:ing|ed)|spoke|said|interview)\s+(?:live\s+)?on)\s+)" + _LEAD
)
REPORTED_BY = re.compile(
    r"(?i:\b(?:(?:(?:web\s?)?sites?|media|outlets|newspapers|papers|channels|reports|blogs|agencies)\s+(?:such\s+as|"
    r"including|like)|according\s+to|per|citing|cites|cited|quoting|quotes|quoted\s+by|cited\s+by|seen\s+by|"
    r"obtained\s+by|carried\s+by|"
    r"told\s+by|reported(?:\s+\w{1,40})?\s+(?:by|in|on)|reports?\s+(?:\w{1,40}\s+){0,4}?(?:by|in|from|on)|(?:a|"
    r"the)\s+report\s+by|published\s+(?:\w{1,40}\s+){0,3}?(?:by|in|on)|"
    r"broadcast(?:ed)?\s+(?:by|on)|aired\s+(?:by|on)|run\s+by|posted\s+by|revealed\s+(?:by|in)|disclosed\s+by|"
    r"uncovered\s+by|released\s+by|"
    r"stor(?:y|ies)\s+(?:\w{1,40}\s+){0,2}?(?:in|by|from|on)|article\s+(?:\w{1,40}\s+){0,2}?(?:in|by|from|on)|"
    r"account\s+(?:in|by)|piece\s+(?:in|by)|"
    r"investigation\s+by|scoop\s+by|as\s+reported|edition\s+of|reports?|said|says|told|writes|adds|notes|quoting)\s+|"
    r"[,”\"]\s*(?:reports?|reported|writes|says|said|wrote|adds|notes)\s+|^(?:As|From)\s+|\b(?:h/t|hat\s?tip:?)\s+)"
    + _LEAD
)
REPORTER = re.compile(
    _SUFFIX
    + _ADVERBS
    + r"\s+(?:reports?|reported|reporting|writes|wrote|quot(?:es|ed|ing)|cit(?:es|ed|ing)|claim(?:s|ed)|notes|"
    r"noted|says|said|states|stated|"
    r"add(?:s|ed)|broke|revealed|reveals|published|publishes|carried|aired|broadcast|suggest(?:s|ed)|described|"
    r"describes|termed|"
    r"alleg(?:es|ed)|refut(?:es|ed)|disput(?:es|ed)|debunk(?:s|ed)|retract(?:s|ed)|first\s+had|points?\s+out|"
    r"posted|ran|showed|was\s+told|put|explained|explains|confirm(?:s|ed)|disclosed|announced\s+that|"
    r"story|report|reports|article|interview|exclusive|investigation|scoop|headline|account|footage|video|claims?)\b"
)
OWN_AFTER = re.compile(
    r"(?:['’]s)?(?:\s+News)?\s+(?:has\s+(?:learned|learnt|seen|obtained|reached\s+out|contacted|asked|viewed|"
    r"confirmed)|"
    r"can\s+(?:reveal|confirm)|(?:visited|reached\s+out|contacted|spoke\s+(?:to|with)|understands|obtained)\b|"
    r"asked\s+(?:\w{1,40}\s+){1,6}?(?:for|to)\s+comment|"
    r"(?:could|can|was|has|were|is)\s*(?:not|n['’]t|un(?:able)?)\b(?:\s+\w{1,40}){0,4}\s+(?:verif|confirm|reach|"
    r"authenticat|contact)|"
    r"was\s+unable\b|reviewed\b|attended\b|"
    r"['’]s?\s+(?:\w{1,40}\s+){0,6}?(?:contributed\s+to\s+this\s+(?:report|story|article)))"
)
OWN_BEFORE = re.compile(
    r"(?:\b(?:(?:related|earlier|previous|prior|past)\s+(?:report|article|story|piece|interview)s?\s+(?:by|from|"
    r"in|on|with)|attended\s+by|exclusive(?:ly)?\s+(?:to|for)|property\s+of|taken\s+by|reporting\s+for|"
    r"reporter\s+for\s+this|copyright|©|shared\s+with|"
    r"provided\s+to|made\s+available\s+to|sent\s+to|analysis:.{0,40},)\s*(?:\d{4}\s+)?(?:the\s+)?$)",
    re.IGNORECASE,
)
HEARD = re.compile(
    r"[,]?\s+(?:by\s+(?:tele)?phone|by\s+e-?mail|via\s+(?:e-?mail|phone|skype|telephone)|"
    r"over\s+the\s+(?:tele)?phone|in\s+an?\s+(?:e-?mail|phone|telephone)|"
    r"from\s+(?:his|her|their)\s+home)\b"
)
NOTE = re.compile(
    r"(?:\boriginally\s+(?:appeared|published|posted|ran|aired|written)\s+(?:\w{1,40}\s+)?(?:on|in|at|by|for)|"
    r"first\s+(?:appeared|published|posted)\s+"
    r"(?:on|in|at|by)|(?:article|story|report|post|piece|column|"
    r"version)\s+(?:\w{1,40}\s+)?appeared\s+(?:first\s+)?(?:on|in)\b(?:\s+\w{1,40}day['’]s)?(?:\s+edition\s+of)?|"
    r"edition\s+of|republished\s+(?:from|with\s+permission\s+(?:of|from))|"
    r"reprinted\s+(?:from|with\s+permission\s+(?:of|from))|^\W*sources?\s*:|\bsources?\s*:.{0,60},|"
    r"^\W*via\b\s*:?|[(\[]\s*(?:image\s+)?via|"
    r"^as\s+(?:first\s+)?reported\s+(?:by|in|on)|^from|courtesy\s+of|with\s+(?:reporting|files|material|"
    r"additional\s+reporting)\s+(?:from|by)|"
    r"syndicated\s+(?:from|by)|\bh/t|hat\s?tip:?|read\s+the\s+original\s+(?:\w{1,40}\s+)?(?:on|at))\s+(?:the\s+)?[\"“]?$",
    re.IGNORECASE,
)
STAFF = re.compile(
    r"\b(?:editor|reporter|journalist|correspondent|anchor|host|columnist|blogger|"
    r"writer)s?\s+(?:\w{1,40}\s+){0,3}?(?:at|for|of|with|from)\s+(?:the\s+)?$"
)
DESPITE = re.compile(
    r"\s+(?:said|says|announced|told)\s+(?:(?:on\s+)?\w{1,40}day\s+)?(?:(?:that\s+)?(?:it|its|they|their)\b|"
    r"in\s+a\s+statement)|['’]s\s+(?:chief|CEO|owner|parent|headquarters|"
    r"shares|stock|offices?|website|servers?)\b|\s+(?:users?|shares|employees?|staff|executives?|office|fans|"
    r"followers|account)\b"
)
DESCRIBED = re.compile(rf"{_KIND}{_QUOTE}(?:the\s+)?$")
DESCRIBED_AFTER = re.compile(r"['’”\"]?\s+(?:news|newspaper|daily|website)\b|['’]s?\s+[“\"‘']?[A-Z]")
STAFF_SAYS = re.compile(
    r",?\s+(?:(?:has|had|also|later|first)\s+)*(?:quot|report|said|says|wrote|writes|tweet|claim|told)"
)
