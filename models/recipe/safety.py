"""Keeps the training family-safe: what is not drawn in a children's book is not drawn here."""
import re

UNSAFE = re.compile(r"\b(" + "|".join("""
    gun pistol rifle revolver firearm bomb grenade missile dagger weapon weapons bullet ammunition guillotine noose gallows
    cigarette cigarettes cigar smoking tobacco beer beers wine champagne cocktail sake whisky whiskey vodka liquor alcohol
    alcoholic drunk bar bikini lingerie nude naked sexy sex erotic breast bra underwear stripper bunny-ears kiss-mark
    blood bloody gore corpse suicide murder drug drugs marijuana cannabis heroin syringe casino gambling poker slot
    nazi swastika middle-finger curse cursing swearing eighteen coffin urn prayer devil demon
""".split()).replace("-", " ") + r")\b")
HARMLESS = re.compile(r"\b(chocolate bar|bar chart|soap bar|candy bar|bar of|water pistol|steering|sake)\b")


def safe(record):
    """False where the name or a tag names weapons, drugs, sex, death or hate."""
    name = HARMLESS.sub("", " ".join(filter(None, [record["name"], record["label"]])))
    tags = " ; ".join(t for t in record["tags"] if t not in ("bar", "kill", "dead", "drug"))
    return not UNSAFE.search(name) and not (record["group"] is None and UNSAFE.search(tags))
