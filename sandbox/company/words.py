"""The words the company is made of: real towns with their postcodes, and names nobody has."""

from __future__ import annotations

TOWNS: tuple[tuple[str, str], ...] = tuple(
    (line[6:], line[:5])
    for line in """\
38000 Grenoble
38100 Grenoble
38130 Échirolles
38400 Saint-Martin-d'Hères
38600 Fontaine
38240 Meylan
38450 Vif
38410 Saint-Martin-d'Uriage
38500 Voiron
38300 Bourgoin-Jallieu
38200 Vienne
38920 Crolles
38360 Sassenage
38170 Seyssinet-Pariset
38180 Seyssins
38800 Le Pont-de-Claix
38640 Claix
38430 Moirans
38210 Tullins
38120 Saint-Égrève
38250 Villard-de-Lans
38350 La Mure
38220 Vizille
38420 Domène
38530 Pontcharra
38140 Rives
38110 La Tour-du-Pin
38080 L'Isle-d'Abeau
38160 Saint-Marcellin
38190 Froges
38330 Montbonnot-Saint-Martin
38700 La Tronche
38950 Saint-Martin-le-Vinoux
38340 Voreppe
38560 Jarrie
38320 Eybens
38610 Gières
73000 Chambéry
73100 Aix-les-Bains
73200 Albertville
73300 Saint-Jean-de-Maurienne
73700 Bourg-Saint-Maurice
74000 Annecy
74100 Annemasse
74200 Thonon-les-Bains
74300 Cluses
74700 Sallanches
74130 Bonneville
69001 Lyon
69003 Lyon
69007 Lyon
69100 Villeurbanne
69200 Vénissieux
69120 Vaulx-en-Velin
69300 Caluire-et-Cuire
69500 Bron
69700 Givors
69800 Saint-Priest
69400 Villefranche-sur-Saône
69170 Tarare
26000 Valence
26100 Romans-sur-Isère
26200 Montélimar
26150 Die
26400 Crest
26110 Nyons
26700 Pierrelatte
42000 Saint-Étienne
42300 Roanne
42400 Saint-Chamond
42700 Firminy
42600 Montbrison
05000 Gap
05100 Briançon
05200 Embrun
01000 Bourg-en-Bresse
01100 Oyonnax
01500 Ambérieu-en-Bugey
01300 Belley
07000 Privas
07100 Annonay
07200 Aubenas
63000 Clermont-Ferrand
43000 Le Puy-en-Velay
71000 Mâcon
21000 Dijon
84000 Avignon
84100 Orange
84200 Carpentras
04000 Digne-les-Bains
04100 Manosque
04200 Sisteron
30000 Nîmes
34000 Montpellier
13100 Aix-en-Provence
31000 Toulouse
33000 Bordeaux
44000 Nantes
35000 Rennes
59000 Lille
67000 Strasbourg
75011 Paris
75015 Paris""".splitlines()
)
"""(town, postcode)."""

HOME = 48
"""The first so many towns are where most of the work is."""

TRADES = (
    ("Garage", "garage"), ("Menuiserie", "menuiserie"), ("Boulangerie", "boulangerie"),
    ("Pharmacie", "pharmacie"), ("Hôtel", "hotel"), ("Transports", "transports"),
    ("Imprimerie", "imprimerie"), ("Charpentes", "charpentes"), ("Cabinet dentaire", "cabinet"),
    ("Brasserie", "brasserie"), ("Scierie", "scierie"), ("Fromagerie", "fromagerie"),
    ("Carrosserie", "carrosserie"), ("Pressing", "pressing"), ("Librairie", "librairie"),
    ("Mécanique", "mecanique"), ("Plasturgie", "plasturgie"), ("Chaudronnerie", "chaudronnerie"),
    ("Jardinerie", "jardinerie"), ("Clinique vétérinaire", "clinique"), ("Auto-école", "autoecole"),
    ("Camping", "camping"),
)  # fmt: skip
"""(name, the same for an e-mail address)."""

FORMS = ("SARL", "SAS", "SARL", "SAS", "EURL", "SA", "SNC")

INVENTED = (
    "Valbrune", "Roquevert", "Boisclair", "Montferrat-Lune", "Clairvallon", "Sapinière", "Belledune",
    "Grandfaucon", "Hautegrave", "Rochesombre", "Vertaubier", "Prémorel", "Aiguebrune", "Champéclair",
    "Noirétang", "Fontargent", "Brévalois", "Castelmoine", "Dorléac-Pré", "Éparville", "Ormebois",
    "Rivanel", "Tilleroy", "Ubachère", "Verdelune", "Ysérande", "Bruyérac", "Combeflore", "Gentianel",
    "Lauzérac", "Mélézin", "Orcière-Blanche", "Pervenchon",
)  # fmt: skip

RESIDENCES = (
    "Les Tilleuls", "Le Belvédère", "Les Charmilles", "Le Clos Fleuri", "Les Glycines", "L'Orée du Bois",
    "Les Érables", "Le Panorama", "Les Terrasses du Drac", "Le Parc", "Les Grands Cèdres", "La Chênaie",
    "Les Balcons de Chartreuse", "Le Vieux Moulin", "Les Alpages", "L'Étoile des Neiges", "Les Aubépines",
    "Le Rond-Point",
)  # fmt: skip

PUBLIC = (
    ("Mairie", "mairie"), ("École primaire", "ecole"), ("Collège", "college"),
    ("EHPAD", "ehpad"), ("Centre de loisirs", "loisirs"), ("Salle des fêtes", "salle"),
    ("Piscine municipale", "piscine"), ("Crèche intercommunale", "creche"),
    ("Médiathèque", "mediatheque"), ("Gymnase", "gymnase"),
)  # fmt: skip

WAYS = (
    "rue de la République", "rue des Écoles", "avenue de la Gare", "place de l'Église", "chemin du Moulin",
    "rue Haute", "rue Basse", "route de Grenoble", "allée des Peupliers", "impasse du Lavoir",
    "boulevard des Alpes", "quai de l'Isère", "rue du Stade", "avenue du Vercors", "montée du Château",
    "rue de l'Industrie", "cours du Marché", "chemin des Vignes", "rue des Fleurs",
    "zone artisanale Les Îles",
)  # fmt: skip

SECOND_LINES = ("Bâtiment B", "Escalier 2", "BP 14", "Lot 7", "Résidence Le Parc", "1er étage")

FIRST_NAMES = (
    "Camille", "Nadia", "Loïc", "Inès", "Mathis", "Éloïse", "Karim", "Maëlle", "Yanis", "Zoé", "Théo",
    "Anaïs", "Rachid", "Lucie", "Gaël", "Hélène", "Bastien", "Aïcha", "Noé", "Clémence", "Jérôme",
    "Sabrina", "Étienne", "Fatou",
)  # fmt: skip

FUNCTIONS = (
    "Gérant", "Comptable", "Responsable technique", "Secrétaire", "Gardien", "Directrice", "Chef d'atelier",
    "Secrétaire de mairie", "Conseiller syndical", "Intendant",
)  # fmt: skip

PREFIXES = {"1": "199 00", "2": "261 91", "3": "353 01", "4": "465 71", "5": "536 49"}
"""Telephone numbers kept for fiction, by the first digit of the zone; mobile ones begin 639 98."""

ZONES = {
    "75": "1", "44": "2", "35": "2", "59": "3", "67": "3", "21": "3", "71": "3", "31": "5", "33": "5",
}  # fmt: skip
"""Telephone zone by department; the others are in the fourth."""
