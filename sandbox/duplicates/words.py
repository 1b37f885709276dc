"""The names that invented people and companies bear: frequent ones often, rare ones made of syllables."""

from __future__ import annotations

from random import Random

FAMILIES = (
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent",
    "Simon", "Michel", "Lefebvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard",
    "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau", "Vincent", "Muller", "Lefèvre", "Faure",
    "André", "Mercier", "Blanc", "Guérin", "Boyer", "Garnier", "Chevalier", "François", "Legrand",
    "Gauthier", "Garcia", "Perrin", "Robin", "Clément", "Morin", "Nicolas", "Henry", "Roussel", "Mathieu",
    "Gautier", "Masson", "Marchand", "Duval", "Denis", "Dumont", "Marie", "Lemaire", "Noël", "Meyer",
    "Dufour", "Meunier",
)  # fmt: skip
GIVEN = (
    "Jean", "Pierre", "Michel", "André", "Philippe", "Alain", "Bernard", "Jacques", "Daniel", "Christian",
    "Nicolas", "Julien", "Thomas", "Antoine", "Stéphane", "Frédéric", "Sébastien", "Laurent", "Christophe",
    "Jean-Pierre", "Jean-Claude", "Jean-Luc", "Jean-Marc", "Guillaume", "Alexandre", "Maxime", "François",
    "Marie", "Nathalie", "Isabelle", "Sylvie", "Catherine", "Françoise", "Martine", "Christine", "Monique",
    "Valérie", "Sandrine", "Véronique", "Céline", "Stéphanie", "Aurélie", "Émilie", "Julie", "Camille",
    "Marie-Claude", "Anne-Marie", "Chloé", "Léa", "Hélène", "Élodie", "Karine", "Brigitte", "Jacqueline",
    "Yanis", "Karim", "Nadia", "Fatima", "Inès", "Mehdi", "Loïc", "Gaël", "Maëlle", "Erwan", "Hugo", "Zoé",
)  # fmt: skip
FEMALE = frozenset(GIVEN[27:54]) | {"Nadia", "Fatima", "Inès", "Maëlle", "Zoé"}
TRADES = (
    "Garage", "Menuiserie", "Boulangerie", "Pharmacie", "Transports", "Imprimerie", "Charpentes",
    "Brasserie", "Scierie", "Fromagerie", "Carrosserie", "Pressing", "Librairie", "Mécanique",
    "Plasturgie", "Chaudronnerie", "Jardinerie", "Plomberie", "Électricité", "Maçonnerie", "Peinture",
    "Couverture", "Serrurerie", "Optique", "Établissements", "Entreprise", "Maison", "Compagnie",
    "Ateliers", "Laboratoire", "Cabinet", "Bureau",
)  # fmt: skip
FORMS = ("SARL", "SARL", "SARL", "SAS", "SAS", "SAS", "EURL", "SA", "SNC", "SCI")
WAYS = ("rue", "rue", "rue", "avenue", "boulevard", "place", "chemin", "route", "allée", "impasse")
WAY_NAMES = (
    "de la République", "des Écoles", "de la Gare", "de l'Église", "du Moulin", "Haute", "Basse",
    "Victor Hugo", "des Peupliers", "du Lavoir", "Jean Jaurès", "Saint-Michel", "du Général de Gaulle",
    "Pasteur", "du Stade", "Sainte-Anne", "du Château", "de l'Industrie", "du Marché", "des Vignes",
    "des Fleurs", "de Verdun", "du Maréchal Foch", "Saint-Jean", "des Lilas", "de Bretagne", "du Bac",
    "des Acacias", "de la Liberté", "du Président Wilson", "des Tilleuls", "Molière", "des Jardins",
    "de la Fontaine", "du Port", "Nationale",
)  # fmt: skip

_FIRST = (
    "Bel", "Bois", "Cham", "Cler", "Dor", "Éga", "Fau", "Gran", "Hau", "Lau", "Mar", "Mon", "Nor", "Or",
    "Per", "Pré", "Roc", "Sau", "Tan", "Ver", "Vil", "Ys", "Bru", "Cas",
)  # fmt: skip
_MIDDLE = (
    "a", "au", "be", "cha", "dé", "fon", "gu", "la", "li", "mé", "na", "o", "pé", "ra", "ré", "si", "té",
    "va", "vi", "zé",
)  # fmt: skip
_LAST = (
    "bert", "bois", "celle", "don", "dier", "fort", "gnac", "gnon", "lac", "lin", "mont", "nel", "rac",
    "rault", "rel", "roche", "sard", "teau", "val", "vière", "zac",
)  # fmt: skip


def invented(dice: Random) -> str:
    """A name that hardly anyone else bears."""
    middle = "".join(dice.choice(_MIDDLE) for _ in range(dice.choice((1, 1, 2))))
    return dice.choice(_FIRST) + middle + dice.choice(_LAST)


def family(dice: Random) -> str:
    """Two in five bear one of the sixty most frequent names, the first of them oftenest."""
    if dice.random() < 0.4:
        return FAMILIES[min(int(dice.expovariate(1 / 18)), len(FAMILIES) - 1)]
    return invented(dice)


def given(dice: Random) -> str:
    return GIVEN[min(int(abs(dice.gauss(0, 28))), len(GIVEN) - 1)]


def way(dice: Random) -> str:
    """A street: half of them bear a name that every town has."""
    name = (
        dice.choice(WAY_NAMES)
        if dice.random() < 0.5
        else f"{dice.choice(('de', 'du', 'des'))} {invented(dice)}"
    )
    return f"{dice.choice(WAYS)} {name}"
