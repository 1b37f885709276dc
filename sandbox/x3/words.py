"""What X3 says, in French to who calls in French and in English to anyone else; payload errors in English.

A `Message` has a type as X3 gives it: 1 for information, 2 for a warning, 3 for an error.
"""

from __future__ import annotations

from dataclasses import dataclass

INFORMATION, WARNING, ERROR = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an answer."""

    type: int
    text: str


class Refusal(Exception):
    """A call X3 does not do: status 0, these messages, no result."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.messages = tuple(Message(ERROR, text) for text in texts)


_SAID = {
    "required": ("{field} : Champ obligatoire", "{field}: Mandatory field"),
    "no record": ("{title} {key} : Fiche inexistante", "{title} {key}: Record does not exist"),
    "no code": ("{field} : {value} Fiche inexistante", "{field}: {value} Record does not exist"),
    "exists": ("{title} {key} : Fiche existante", "{title} {key}: Record already exists"),
    "locked": ("{title} {key} : Fiche en cours de modification", "{title} {key}: Record being modified"),
    "too long": ("{field} : Longueur maximale {most} dépassée ({length} caractères)",
                 "{field}: Maximum length {most} exceeded ({length} characters)"),
    "bad date": ("{field} : Date incorrecte ({value})", "{field}: Incorrect date ({value})"),
    "bad number": ("{field} : Valeur numérique incorrecte ({value})", "{field}: Incorrect number ({value})"),
    "bad menu": ("{field} : Valeur {value} incorrecte (1 à {most})",
                 "{field}: Incorrect value {value} (1 to {most})"),
    "too many": ("{block} : Nombre de lignes maximum {most} dépassé",
                 "{block}: Maximum {most} lines exceeded"),
    "line": ("Ligne {line} : {text}", "Line {line}: {text}"),
    "no line": ("Ligne {line} inexistante", "Line {line} does not exist"),
    "no lines": ("{title} : Aucune ligne saisie", "{title}: No line entered"),
    "inactive": ("{title} {key} : Tiers inactif", "{title} {key}: Inactive BP"),
    "used": ("{title} {key} : Suppression impossible, fiche utilisée ({by})",
             "{title} {key}: Deletion impossible, record in use ({by})"),
    "posted": ("{title} {key} : Pièce validée, modification impossible",
               "{title} {key}: Posted document, modification impossible"),
    "same number": ("N° SIRET {value} déjà utilisé par {others}",
                    "Registration number {value} already used by {others}"),
    "created": ("{title} {key} : Fiche créée", "{title} {key}: Record created"),
    "overpaid": ("Pièce {key} : montant réglé supérieur au reste dû ({left})",
                 "Document {key}: amount paid above the amount due ({left})"),
    "no service": ("Service web inexistant", "Unknown web service (0)"),
    "no action": ("Action {code} inexistante", "Action {code} does not exist"),
    "no key": ("{title} : clé non renseignée", "{title}: key not entered"),
    "login": ("Erreur de connexion - Code utilisateur ou mot de passe incorrect",
              "Connection error - Incorrect user code or password"),
    "folder login": ("Change login error", "Change login error"),
}  # fmt: skip


class Words:
    """What X3 says to a caller of this language."""

    def __init__(self, language: str) -> None:
        self._at = 0 if (language or "FRA").upper().startswith("FR") else 1

    def __call__(self, what: str, **filled: object) -> str:
        """One of its sentences."""
        return _SAID[what][self._at].format(**filled)
