"""The words by which newspapers say that somebody says something: verbs, nouns and phrases, in kinds.

The kind of a cue says what may follow it (a clause, a quote, a noun, an infinitive) and how much the statement is
worth: what somebody *says* is testimony; what somebody is said to *think* or *want* is the reporter's reading of it.
The lists are of general English and know no topic. Verbs stand by their lemma.
"""

from enum import StrEnum


def lexicon(words: str) -> frozenset[str]:
    """The words of a list that is written as running text."""
    return frozenset(words.split())


class Manner(StrEnum):
    """What kind of act a cue stands for."""

    SAYS = "says"
    """Speech or writing: testimony of the speaker."""
    SHOWS = "shows"
    """A document, a study or an event is said to show it."""
    THINKS = "thinks"
    """An opinion, a feeling or a piece of knowledge that is ascribed to the speaker."""
    WANTS = "wants"
    """An aim, a promise, a request or a decision."""
    JUDGES = "judges"
    """Praise, blame, support or attack of something or somebody."""


SAYS = lexicon(
    """
    acknowledge add admit advise affirm allege announce argue ask assert assess assure attest aver avow blog boast
    brag brief bristle broadcast call caution certify challenge charge chant chide cite claim clarify comment
    communicate complain concede conclude concur confess confide confirm contend continue counter cry declare
    decry deny depict describe detail disclose discuss dispute divulge echo elaborate emphasize emphasise enthuse
    estimate exclaim explain expound gloat greet gripe grumble gush hint identify imply inform inquire insinuate
    insist instruct interject interrupt intone invoke joke lament lecture lie list maintain mention mock moan
    murmur muse mutter name note notify observe offer opine outline paraphrase phone plead point portray post pray
    preach predict proclaim profess pronounce protest publish question quip quote rant read reason reassure rebut
    recall recap recite recount refer refute reiterate rejoin relate relay remark remember remind repeat reply
    report respond restate retort retract retweet reveal say scoff scream scold shout shriek sigh signal snap
    sneer speak specify speculate spell stammer state stress submit suggest sum summarize swear sympathize
    sympathise talk tease tell telegraph testify thank threaten thunder tout tweet underline underscore urge utter
    verify voice volunteer vouch vow wail warn whisper wonder wrote write yell
    """
)

SHOWS = lexicon(
    """
    show find indicate demonstrate document illustrate reflect determine discover forecast rate calculate
    """
)

THINKS = lexicon(
    """
    agree anticipate appreciate assume believe consider deem disagree doubt envision expect fear feel foresee
    guess hope imagine judge know learn perceive picture realize realise reckon recognize recognise sense surmise
    suspect think trust understand view worry regret mind care dream presume
    """
)

WANTS = lexicon(
    """
    aim beg beseech bid command decide decline demand desire direct encourage entreat forbid implore intend invite
    mandate opt persuade plan pledge plot prefer promise propose prefer pursue recommend refuse request resolve
    rule seek solicit vote want wish hope convince lobby oblige pressure press enlist
    """
)

JUDGES = lexicon(
    """
    accuse applaud approve assail attack back bash berate blame blast castigate celebrate censure champion commend
    condemn congratulate criticize criticise defend denigrate denounce deride disavow discredit dismiss disparage
    embrace endorse excoriate extol fault favor favour hail honor impugn insult label laud lambast lambaste liken
    mock oppose pan praise reject repudiate rebuke ridicule rip salute scorn shun slam support slammed scrutinize
    vilify welcome respect resent hate love despise admire dislike discount dub compare contradict tolerate object
    promote advocate downplay characterize characterise
    """
)

PREPOSITIONS = {
    "accuse": ("of",),
    "agree": ("on", "with", "to", "about"),
    "allude": ("to",),
    "answer": ("about",),
    "appeal": ("for", "to"),
    "approve": ("of",),
    "argue": ("for", "against", "about", "over"),
    "ask": ("about", "for"),
    "beg": ("for",),
    "believe": ("in",),
    "blame": ("for",),
    "boast": ("of", "about"),
    "brag": ("about",),
    "call": ("for", "on"),
    "care": ("about",),
    "caution": ("against",),
    "comment": ("on", "about"),
    "complain": ("about", "of"),
    "concur": ("with",),
    "decide": ("on", "against"),
    "disagree": ("with", "on", "about"),
    "dream": ("of", "about"),
    "elaborate": ("on",),
    "hear": ("about", "of"),
    "hint": ("at",),
    "hope": ("for",),
    "inquire": ("about",),
    "insist": ("on", "upon"),
    "joke": ("about",),
    "know": ("about", "of"),
    "lie": ("about",),
    "object": ("to",),
    "opt": ("for",),
    "plan": ("for", "on"),
    "plead": ("for",),
    "plot": ("against",),
    "point": ("to",),
    "press": ("for",),
    "push": ("for",),
    "rail": ("against",),
    "refer": ("to",),
    "reply": ("to",),
    "rule": ("against", "on"),
    "speak": ("of", "about", "on"),
    "speculate": ("about", "on"),
    "talk": ("about", "of"),
    "testify": ("about", "to"),
    "think": ("of", "about"),
    "vote": ("for", "against"),
    "vouch": ("for",),
    "warn": ("of", "about", "against"),
    "wonder": ("about",),
    "worry": ("about",),
    "write": ("about", "of"),
}
"""Which prepositions belong to a verb of attribution: what follows them is the content."""

MANNERS = {
    **dict.fromkeys(("allude", "rail"), Manner.SAYS),
    **dict.fromkeys(JUDGES, Manner.JUDGES),
    **dict.fromkeys(WANTS, Manner.WANTS),
    **dict.fromkeys(THINKS, Manner.THINKS),
    **dict.fromkeys(SHOWS, Manner.SHOWS),
    **dict.fromkeys(SAYS, Manner.SAYS),
}
"""Every verb of attribution with its kind; where it has two, the first of says, shows, thinks, wants, judges."""

ADDRESSED = lexicon(
    """
    advise ask assure brief caution command convince encourage implore inform instruct notify order persuade
    reassure remind tell urge warn press pressure beg direct invite challenge request
    """
)
"""Verbs whose object is who is spoken to."""

FELT = lexicon(
    """
    alarm amaze anger annoy astonish concern convince disappoint disturb encourage excite frustrate irritate
    outrage persuade please shock surprise trouble upset worry
    """
)
"""Verbs whose passive names the one who thinks: "they are convinced that"."""

ADJECTIVES = lexicon(
    """
    adamant afraid angry anxious aware certain clear concerned confident convinced critical curious doubtful eager
    fearful frustrated glad grateful happy hopeful keen mindful opposed optimistic pessimistic proud sceptical
    skeptical sure supportive surprised suspicious unaware uncertain unclear unsure unhappy unwilling wary willing
    worried
    """
)
"""Adjectives that ascribe an opinion: "she is sure that", "it was unclear whether"."""

LEADING = lexicon(
    """
    appear attempt begin cease come continue decline dare fail go happen hasten hesitate need proceed refuse rush
    seem start stop tend try use have able willing unable quick ready
    """
)
"""Verbs and adjectives that only lead to the verb of attribution: "continued to call for", "declined to comment"."""

NOUNS = lexicon(
    """
    accusation acknowledgement acknowledgment admission advice affirmation agreement alert allegation analysis
    announcement answer appeal argument assertion assessment assurance belief boast bulletin call caution
    certainty challenge charge claim comment commitment communique complaint concern conclusion condemnation
    confession confidence confirmation conviction criticism decision declaration demand denial description desire
    disclosure doubt endorsement estimate expectation explanation fear feeling finding forecast guarantee hint
    hope hypothesis idea implication indication insistence instruction interpretation intention interview judgment
    judgement lie mention message notice notion notification objection observation opinion opposition pledge plan
    perception plea praise prediction proclamation projection promise pronouncement proposal prophecy question
    reassurance recommendation refusal rejection remark reminder reply report request resolution response
    revelation ruling rumor rumour sense speculation statement stress suggestion suspicion support testimony
    theory threat understanding verdict view vow warning wish word worry
    """
)
"""Nouns that stand for a statement: "the minister's claim that", "a warning that"."""

SAYING_NOUNS = lexicon(
    """
    address announcement article briefing broadcast bulletin comment communique conference email e-mail essay
    filing interview letter memo message note op-ed post release remark report speech statement testimony tweet
    """
)
"""Nouns for where something is said: "in a statement", "in remarks reported by"."""

MEETINGS = lexicon(
    """
    briefing call chat comment contact conversation conference email interview message remark statement talk
    telephone phone
    """
)
"""What a statement is made in: "in an interview with"."""

DENIES = lexicon(
    """
    deny refute rebut dispute reject dismiss contradict repudiate disavow discredit debunk disown contest
    """
)
CONFIRMS = lexicon(
    """
    confirm acknowledge admit concede corroborate verify affirm validate substantiate attest
    """
)
SPEAKS = lexicon(
    """
    comment discuss answer respond reply say elaborate address speak talk disclose reveal confirm identify
    """
)
"""What somebody declines to do who does not want to be a source."""
DECLINES = lexicon("decline refuse")
REACHED = lexicon("reach contact return respond")

UNNAMED = lexicon(
    """
    administrator adviser advisor agent aide ally analyst assistant attendee attorney authority bystander
    campaigner colleague commander critic dealer delegate diplomat doctor employee eyewitness executive expert
    figure fighter friend informant insider investigator journalist lawmaker lawyer leader legislator local medic
    member militant minister neighbor neighbour negotiator observer officer official opponent participant person
    people police politician prosecutor protester protestor rebel relative reporter representative resident
    respondent scholar scientist security soldier source specialist spokesman spokesperson spokeswoman staffer
    student supporter survivor trader villager voter witness worker
    """
)
"""People who are called by what they are and not by name."""
