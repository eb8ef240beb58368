"""Words that questions are full of, and that name nothing in anybody's data."""

from __future__ import annotations

from twinfold.personas.questions.words import stem


def _words(text: str) -> frozenset[str]:
    return frozenset(each for word in text.split() for each in (word, stem(word)))


HARMLESS = _words("""
    about us we our ours among something home a an the of to in on at for from by with and i me my mine you your
    yours is are was were be been am do does did have has had it its it's this that these those there here what
    what's which who how much so please also really still currently just well all own account i'm you're i've you've
    i'd you'd worth
""")
"""Words that hold a question together: none of them says which rows are meant."""

VERBS = _words("""
    out spended make made making take took taken pay paid paying buy bought spend spent spending use used using get
    got go went do done give gave carry happen happened cost costs shop shopped
""")
"""What people do with money: harmless beside what it was done for."""

HANDLED = _words("""
    out up hold own possess file filed lodge lodged raise raised submit submitted register registered record
    recorded set up placed book booked open opened charge charged issue issued
""")
"""What people do with rows that are named: harmless beside their table."""

RECEIVED = _words("receive received receiving get got come came")
"""What comes to people: harmless beside what a glossary calls by its name."""

OF_PEOPLE = _words("either both already status situation kind sort somewhere personally")
"""What is said of what somebody is: harmless beside its name."""

FUNCTION_WORDS = HARMLESS | _words("""
    or not no yes we us he she they whom whose when where why many often long ever never any some each every most
    least more less than then as if would will can could should may might must about into over under up down out
    since before after until between during last first latest next one ones other others new same too very only now
    ago time times tell say give show
""")
"""Words by which nothing is asked for, and which make no name."""

ASKING = _words("""
    clause clauses contract terms policy policies document documents schedule print paragraph section according
    allowed permitted entitled agreement says said mean means find found written read rule rules happen happens cost
    costs
""")
"""Words by which a document is asked for, and not what it says."""

OFFERED = _words("""
    offer offers offered proposal deal product option options this that take accept buy sign choose chose pick
    prefer switch leave stay cancel close renew apply subscribe consider go respond answer visit spend likely
    probable interested interest tempt convince convinced persuade rate price fee percent per month year months
    years instead letter want decide decision take-up happy willing ready going planning plan intend expect think
    chance chances odds reason reasons because coming really honestly today tomorrow getting using need like rather
    second third better best old customer bank us if were gave sent send offered's cost costs keep sense try monthly
    annual annually yearly let know whether reply open click come back again buying pay paying money worth higher
    lower cheaper dearer terms conditions given make makes made it's what's you'd i'd wouldn't won't don't loan card
    account use please still currently just well all own also so money much really
""")
"""Words that a question about an offer may have, whatever the offer is."""
