"""Which lines of a report are not its reporting: notes of the site, leads to other stories, captions.

All questions are about one line. Rules name forms that sites everywhere use, never a site.
"""

import re

_BRACKETED = re.compile(r"\[[^\[\]]{8,200}\]")
_TEASER = re.compile(
    r"(?:(?:read|see|watch|hear|learn)\s+(?:more|also|next|this|the full|full)\b|related\b(?:\s+\w+)?\s*:|"
    r"more\s*:|also\s+read|"
    r"also\s+see|don.t miss|recommended\s*:|you may also like|see\s+also|click here|watch\s*:|video\s*:|"
    r"more on this story|more from\b|full story|continue reading|read the (?:full|whole|original)|what.s this\?)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:check also|read also|top stories|top content|related (?:articles?|stories|posts?|news|content|topics)|"
    r"more (?:stories|news)|most (?:read|popular|viewed)|trending|you (?:may|might) (?:also )?like|partner news|"
    r"latest (?:news|stories)|recommended|editors?.? picks|popular (?:posts|stories)|also (?:on|in)|share this|"
    r"comments)"
    r"(?:\s+\w+){0,3}\W*",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"(?:advertisement|scroll down for (?:video|more)|on a mobile device\W|video loading|view gallery|loading\W|"
    r"share\b.{0,30}|"
    r"(?:tweet|like|pin|email|print|comments?)\W*|sign up\b|subscribe\b|follow (?:us|on)\b|have something to add|"
    r"(?:published|updated|posted|last modified)\s*(?:on|at|:)|copyright\b|©|all rights reserved|about (?:admin|"
    r"the author)|"
    r"(?:\d+ )?(?:min read|minutes? ago|hours? ago|comments?)\b|read mode|\d+% font size|home\s*/|"
    r"photos?(?:graphs?)? (?:property|courtesy|by)\b|"
    r"(?:story|this (?:story|article|report) is) developing|developing\s*(?:…|\.\.\.)|mboxcreate\b|\w+\([^)]*\);|"
    r"\((?:additional )?(?:reporting|writing|editing|compiled|edited|written|reported) by\b|"
    r"by\s+[A-Z][\w.'’-]{1,40}(?:\s+[A-Z][\w.'’-]{1,40}){0,4}\s*(?:[,|/–—-].{0,60})?$)",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:(?:file )?(?:photo|picture|image|pic|caption|credit|screen ?grab|graphic)s?\b[^.]{0,40}:|"
    r"\(?(?:photo|image|picture)s?\s*(?:by|courtesy|credit|via)\b|[A-Z][A-Z .'-]{3,40}[A-Z]/[A-Z]{2,}\b)",
)
_CREDIT_END = re.compile(
    r"(?:\((?:[^()]{0,40}\b)?(?:photo|pictured?|image|file|getty[^()]*|reuters|ap|afp|epa|rex|ians|pti)\)|"
    r"(?:\b(?:getty images|shutterstock|file photo|handout|ap photo)|[/\w]{3,}\s?/?\s?\b(?:REUTERS|Reuters|AFP|"
    r"IANS|PTI|EPA)))\)?$",
    re.IGNORECASE,
)
_SAID_TO = re.compile(r"\b(?:told|to|by|with|from|says|citing|via|reported by|according to)\s+(?:the\s+)?\w+\)?$")
_LABEL = re.compile(r"[\"'‘“]?[A-Z][\w'’‘“”\"-]{0,40}(?:\s+[\w'’‘“”\"-]{1,40}){0,4}: [A-Z“\"'‘]")
_POINTING = re.compile(r"\b(?:pictured|\((?:left|right|centre|center|above|below|top|bottom)\))")
_WORD = re.compile(r"[^\W_]+")
_PAGE_TITLE = re.compile(r".{10,120}\s[|–—-]\s(?:[A-Z][\w.'’&]{0,40}\s?|of\s|and\s){1,5}")
_CLOSERS = "\"”»’')] "
_SHORTEST = 4
"""Words of a line that is taken for a full sentence, if it is ended like one."""
_LONG = 25
"""Words of a line that is taken for text, ended or not."""
_LINE = 400
"""Characters of a line that these questions are about; a longer one is text."""


def is_full(line: str) -> bool:
    """Whether a line reads like a sentence of the story: long enough, and ended."""
    if len(line) > _LINE:
        return True
    ended = line.rstrip(_CLOSERS)[-1:] in (".", "!", "?", "…", ":", ",") or line[-1:] in '"”'
    words = len(_WORD.findall(line))
    if words < (_SHORTEST if ended else _LONG):
        return False
    return not (_NOTICE.match(line) or is_teaser(line) or is_caption(line))


def is_teaser(line: str) -> bool:
    """Whether a line leads to another story, or is one in square brackets."""
    if len(line) > _LINE:
        return False
    return bool(_TEASER.match(line) or _BRACKETED.fullmatch(line))


def is_teaser_heading(line: str) -> bool:
    """Whether a line heads a list of other stories."""
    return len(line) < 60 and bool(_HEADING.fullmatch(line))


def after_heading(line: str) -> bool:
    """Whether all behind this line is about other stories, if it stands near the end."""
    return is_teaser_heading(line)


def is_caption(line: str) -> bool:
    """Whether a line stands below a picture."""
    if len(line) > _LINE:
        return False
    if _CAPTION.match(line) or (_CREDIT_END.search(line[-60:]) and not _SAID_TO.search(line[-60:])):
        return True
    ended = line.rstrip(_CLOSERS)[-1:] in (".", "!", "?", "…")
    pointing = bool(_POINTING.search(line))
    labelled = bool(_LABEL.match(line))
    return not ended and (pointing or (labelled and len(_WORD.findall(line)) > 6))


def at_edge(line: str) -> bool:
    """Whether a line is a notice by the site, a date or a name."""
    if not _WORD.search(line[:_LINE]):
        return True
    return len(line) <= _LINE and bool(_NOTICE.match(line) or (len(line) < 160 and _PAGE_TITLE.fullmatch(line)))
