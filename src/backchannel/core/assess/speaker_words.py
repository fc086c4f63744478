"""Words that tell what a speaker is: a body, an expert, a relative, somebody who was there, an outlet, a paper.

The lists are of general English and know no topic.
"""

from backchannel.core.assess.statements_words import UNNAMED, lexicon

BODIES = lexicon(
    """
    academy administration admiralty agency airline alliance ambassador army assembly association authorities
    authority bank battalion board brigade bureau cabinet campaign center centre chamber charity church city clinic
    coalition college command commission committee company congress corporation council county court customs
    delegation department directorate division embassy emirate faction federation firm force forces foundation front
    fund government governorate group guard hospital institute institution junta kingdom kremlin laboratory league
    legislature manufacturer militia ministry mission movement municipality museum navy network nhs office operator
    organisation organization panel parliament partnership party pentagon police prefecture presidency prison
    prosecution province regime republic school secretariat senate service society state syndicate task team
    treasury tribunal union university zoo
    """
)
"""Nouns for bodies that people speak for."""

STATE = lexicon(
    """
    administration admiral ambassador army authorities authority cabinet chancellor commander commissioner congress
    congressman consul customs defence defense department diplomat embassy emirate general government governor guard
    judge junta kingdom kremlin lawmaker legislator mayor minister ministry mp navy official parliament pentagon
    police premier presidency president prosecutor regime representative republic secretary senate senator sheriff
    soldier spokesman state treasury troop
    """
)
"""Words that say that somebody belongs to a state, or may."""

EXPERTS = lexicon(
    """
    academic analyst analysts blogger columnist commentator economist expert historian lecturer observer pundit
    sceptic scholar skeptic specialist strategist
    """
)
"""People who judge what they did not take part in."""

KIN = lexicon(
    """
    aunt brother brother-in-law child couple cousin dad daughter daughter-in-law family father father-in-law fiance
    fiancee girlfriend boyfriend grandfather grandmother grandparent grandson granddaughter husband mom mother
    mother-in-law mum nephew niece parent partner relative sibling sister sister-in-law son son-in-law spouse twin
    uncle widow wife
    """
)
"""Words of kinship: they make one side."""

PRESENT = lexicon(
    """
    bystander captive comrade doctor employee eyewitness fighter firefighter guard hostage medic neighbor neighbour
    nurse owner paramedic participant passenger patient pilot prisoner rescuer resident soldier survivor victim
    villager volunteer witness worker
    """
)
"""People who were there, or may have been."""

OUTLETS = lexicon(
    """
    account agency article blog broadcaster channel daily forum journalist magazine media network newspaper
    outlet page paper post press publication radio rumor rumour site station story tabloid television tweet
    user website weekly wire
    """
)
"""Nouns for those who hand on: an outlet, its people, or what anybody may post."""

SPOKESPEOPLE = lexicon("spokesman spokesperson spokeswoman")
"""Whose trade it is to be named: a report that hears one says so."""

STAFF = lexicon("anchor blogger columnist correspondent editor journalist newsreader reporter")
"""People of an outlet: they hand on."""

PAPERS = lexicon(
    """
    account announcement article book bulletin clip data diary document email evidence figure file film footage
    image information invoice law leaflet letter list map memo message note notice paper petition photo photograph
    picture poll record recording release report research result screenshot sign statement statistic study survey
    symptom tape test text thread transcript video
    """
)
"""Nouns for what is read or seen, and does not speak itself."""

POINTERS = lexicon(
    """
    account accusation allegation allegations assertion charge claim claims comment content detail details fact
    information issue it matter news one reality remark report reports rumor rumors rumour rumours so speculation
    statement story such suggestion that them there these they thing this those
    """
)
"""What a content that only points back is made of: "denied the reports", "confirmed it"."""

TITLES = lexicon(
    """
    adm admiral brig brigadier capt captain chancellor chief cmdr col colonel commander cpl detective director dr
    gen general gov governor imam inspector judge justice king lady lieutenant lord lt maj major mayor minister miss
    mp mr mrs ms officer pastor pope premier president prime prince princess prof professor queen rabbi rear rep
    representative rev reverend secretary sen senator sergeant sgt sheikh sheriff sir sister vice
    """
)
"""What stands before a name and is no part of it."""

FIELDS = lexicon(
    """
    agriculture central city defence defense education election energy federal finance foreign health high home
    human immigration information intelligence interior justice labor labour local military national oil press
    prime provincial public regional security state supreme trade transport
    """
)
"""What the name of a body says of its field, in small letters too."""

FORMER = lexicon("ex former retired")
"""Words for who speaks for a body no longer."""

_NO_PERSON = lexicon(
    "defence defense kremlin parliament pentagon security state treasury troop authority authorities"
)

PEOPLE = (
    (UNNAMED | KIN | PRESENT | EXPERTS | STATE | TITLES | lexicon("boy girl head man people woman"))
    - BODIES
    - _NO_PERSON
)
"""Words that somebody is called by."""
