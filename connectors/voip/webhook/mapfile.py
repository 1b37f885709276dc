"""The map of one exchange: what its messages look like, and what they mean. The words of the YAML.

A map has fields (where the call's id, number, agent are) and rules (which message means which kind of event);
the first rule whose conditions hold is taken. A message that no rule takes is counted and named, never
dropped in silence; what is known to mean nothing is said to by `ignore`, with the reason.

Nothing in a map is run: paths, tables of values, and lists of conditions is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from connectors.voip.webhook.paths import PathText, steps
from connectors.voip.webhook.trust import Trust
from hub.exchange import Direction, Kind, Reason

KINDS: tuple[str, ...] = get_args(Kind)
DIRECTIONS: tuple[str, ...] = get_args(Direction)
REASONS: tuple[str, ...] = get_args(Reason)
TRANSFERS = ("", "blind", "attended")
CLOSED_WORDS: Mapping[str, tuple[str, ...]] = {
    "direction": DIRECTIONS,
    "reason": REASONS,
    "transfer": TRANSFERS,
    "hidden": ("true", "false"),
}
"""Fields that hold one of a few words; a value that is none of them is not known."""

Scalar: TypeAlias = str | int | float | bool


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _word(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return [_word(one) if isinstance(one, Scalar) else one for one in value]
    return [_word(value)] if isinstance(value, Scalar) else value


Words = Annotated[list[str], BeforeValidator(_words), Field(min_length=1)]


class Test(_Closed):
    """What must hold of one value, all of it: `one_of`, `but`, `starts` and `same_as` speak of its text.

    ``event: ringing`` and ``event: [ringing, calling]`` are short for `one_of`. `same_as` is another path
    whose value is the same, numbers compared by their digits. `filled`: whether there is a value at all.
    """

    one_of: Words | None = None
    but: Words | None = None
    starts: str | None = None
    same_as: PathText | None = None
    filled: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"one_of": value} if isinstance(value, Scalar | list) else value


Conditions: TypeAlias = dict[PathText, Test]


class Source(_Closed):
    """One place a value may come from: the first of `from` that is filled, `all` of them joined, or `is`.

    ``number: data.from`` is short for ``{from: data.from}``. A list is tried in order: a source whose `if`
    does not hold is passed over, one whose `if` holds decides, even where it gives nothing.

    `as` reads what stands there: a ``number``, an ``international`` one without its plus, or a time
    (``seconds``, ``milliseconds``, ``iso``, ``time``: either). `values` translates, `otherwise` is for values
    it does not list; without it they count as not there. `plus`: a path to seconds, added to a time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: list[PathText] = Field(default_factory=list, alias="from")
    all_: list[PathText] = Field(default_factory=list, alias="all")
    is_: str | None = Field(default=None, alias="is")
    if_: Conditions = Field(default_factory=dict, alias="if")
    as_: Literal["text", "number", "international", "seconds", "milliseconds", "iso", "time"] = Field(
        default="text", alias="as"
    )
    values: dict[str, str] | None = None
    otherwise: str | None = None
    plus: PathText | None = None

    @field_validator("from_", "all_", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("is_", mode="before")
    @classmethod
    def _constant(cls, value: Any) -> Any:
        return _word(value) if isinstance(value, Scalar) else value

    @field_validator("values", mode="before")
    @classmethod
    def _table(cls, value: Any) -> Any:
        return {_word(k): _word(v) for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if [bool(self.from_), bool(self.all_), self.is_ is not None].count(True) != 1:
            raise ValueError("a value has one of `from`, `all` and `is`")
        if self.otherwise is not None and self.values is None:
            raise ValueError("`otherwise` is for values that `values` does not list")
        return self


def _sources(value: Any) -> Any:
    many = value if isinstance(value, list) else [value]
    return [{"from": one} if isinstance(one, str) else one for one in many]


Sources = Annotated[list[Source], BeforeValidator(_sources)]


class Fields(_Closed):
    """Where each field of an event is (`hub.exchange.CallEvent`); what is left out is not known.

    Without `leg_id`, a ring is told by the call and the agent. Without `at`, it happened when it arrived.
    """

    call_id: Sources | None = None
    leg_id: Sources | None = None
    at: Sources | None = None
    direction: Sources | None = None
    number: Sources | None = None
    name: Sources | None = None
    did: Sources | None = None
    agent: Sources | None = None
    queue: Sources | None = None
    hidden: Sources | None = None
    reason: Sources | None = None
    target: Sources | None = None
    transfer: Sources | None = None
    recording: Sources | None = None

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        for name, words in CLOSED_WORDS.items():
            for source in getattr(self, name) or ():
                said = [source.is_, source.otherwise, *(source.values or {}).values()]
                if wrong := [word for word in said if word is not None and word not in words]:
                    raise ValueError(f"{name} is one of {', '.join(words)}; not {wrong[0]}")
        return self


class Say(Fields):
    """One event that a rule says: its `kind`, and the fields that are elsewhere than `fields` tells."""

    kind: Kind
    if_: Conditions = Field(default_factory=dict, alias="if")


def _sayings(value: Any) -> Any:
    many = value if isinstance(value, list) else [value]
    return [{"kind": one} if isinstance(one, str) else one for one in many]


class Rule(_Closed):
    """One meaning: `if` all conditions hold, `say` these events, or `ignore` the message, for a reason.

    `unless_answered`: seconds to wait before saying them, and never if the call is answered by then: for an
    exchange that tells that the ringing ended, and only afterwards that somebody had picked up.
    """

    if_: Conditions = Field(default_factory=dict, alias="if")
    say: Annotated[list[Say], BeforeValidator(_sayings)] = Field(default_factory=list)
    ignore: str | None = None
    unless_answered: float = Field(default=0, ge=0, le=30)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if bool(self.say) == bool(self.ignore):
            raise ValueError("a rule has `say` (kinds of events) or `ignore` (why), one of the two")
        return self


class Answer(_Closed):
    """What the exchange wants to hear: it calls a receiver broken that says something else."""

    status: Literal[200, 201, 202, 204] = 200
    body: Annotated[str, Field(max_length=1000)] = ""
    type: str = "text/plain"


class Poll(_Closed):
    """An exchange that posts nothing and is asked instead: a GET that is answered when something happened.

    `token` is the name by which the setting `token` is sent, `session` where an answer holds the session
    that the next question names, under the same word in small letters.
    """

    url: str
    token: str = "token"
    session: PathText = "Session"
    wait: float = Field(default=90, gt=0, le=600)


class Map(_Closed):
    """One exchange's map.

    `checked` says what it was checked against, `live` whether messages of a real exchange were among that.
    `each` makes one item of every entry of a list (``members[*]``), whose paths begin with ``item.``;
    `json_in` are places whose text is JSON itself. `once` are the paths that tell one event from another,
    `varies` those that differ between two deliveries of the same one; without either, the whole message
    tells. `sent` is when it was sent (or happened), `window` how many seconds old it may be.
    """

    title: str
    checked: str
    live: bool = False
    trust: Trust
    method: Literal["POST", "GET"] = "POST"
    body: Literal["json", "form", "query"] = "json"
    json_in: list[PathText] = Field(default_factory=list)
    each: str | None = None
    event: Sources
    once: list[PathText] = Field(default_factory=list)
    varies: list[PathText] = Field(default_factory=list)
    sent: Sources | None = None
    window: float = Field(default=300, gt=0, le=7 * 86400)
    answer: Answer = Answer()
    poll: Poll | None = None
    fields: Fields
    rules: list[Rule] = Field(min_length=1)

    @field_validator("each")
    @classmethod
    def _a_list(cls, value: str | None) -> str | None:
        if value is not None:
            if not value.endswith("[*]"):
                raise ValueError("each names a list: members[*]")
            steps(value.removesuffix("[*]"))
        return value

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if not self.fields.call_id:
            raise ValueError("fields.call_id is missing: no event without the id of its call")
        if self.method == "GET" and self.body != "query":
            raise ValueError("a GET has no body: body: query")
        return self
