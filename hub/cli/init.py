"""`hub init`: a first configuration, from questions or from flags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import screen
from hub.cli.answers import SCHEMA, Answers, Asker, ExcelAnswers, Fields, OdooAnswers, SageAnswers
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, Session, command

REGISTRY_SINCE = 16
"""The first Odoo whose partners have `company_registry`; before it, only its French module has a field."""

_Odoo, _Excel, _Sage = "Odoo", "Excel workbook", "Sage files"


def _flag(words: str, panel: str | None = None, env: str | None = None) -> Any:
    return typer.Option(help=words, rich_help_panel=panel, envvar=env, metavar="TEXT")


def register(app: typer.Typer) -> None:
    app.command("init")(command(init))


def init(
    session: Session,
    odoo_url: Annotated[str | None, _flag("The address people open it at.", _Odoo)] = None,
    odoo_database: Annotated[str | None, _flag("Its database.", _Odoo)] = None,
    odoo_login: Annotated[str | None, _flag("The hub's own user there.", _Odoo)] = None,
    odoo_password: Annotated[
        str | None, _flag("That user's password; better in the environment.", _Odoo, "ODOO_PASSWORD")
    ] = None,
    odoo_api_key: Annotated[
        str | None, _flag("An API key instead; better in the environment.", _Odoo, "ODOO_API_KEY")
    ] = None,
    odoo_version: Annotated[
        str | None, _flag("Its major version, such as 19. Default: ask the server.", _Odoo)
    ] = None,
    odoo_name: Annotated[str | None, _flag("What mappings call it. Default: odoo.", _Odoo)] = None,
    excel_file: Annotated[str | None, _flag("The customer workbook.", _Excel)] = None,
    excel_sheet: Annotated[str | None, _flag("Its sheet of customers. Default: Clients.", _Excel)] = None,
    excel_key: Annotated[
        str | None, _flag("The column that holds a customer's number. Default: N° client.", _Excel)
    ] = None,
    excel_new_key: Annotated[str | None, _flag("How a new number is made. Default: C{n:04}.", _Excel)] = None,
    excel_contacts: Annotated[str | None, _flag("Its sheet of contacts. Default: none.", _Excel)] = None,
    excel_contacts_key: Annotated[
        str | None, _flag("The column that holds a contact's number. Default: N° contact.", _Excel)
    ] = None,
    excel_name: Annotated[str | None, _flag("What mappings call it. Default: clients.", _Excel)] = None,
    sage_exports: Annotated[str | None, _flag("The folder Sage exports to.", _Sage)] = None,
    sage_imports: Annotated[
        str | None, _flag("The folder Sage imports from. Default: none, Sage is only read.", _Sage)
    ] = None,
    sage_acks: Annotated[str | None, _flag("The folder of acknowledgements. Default: none.", _Sage)] = None,
    sage_object: Annotated[
        str | None, _flag("The kind of file, as its name begins. Default: customers.", _Sage)
    ] = None,
    sage_encoding: Annotated[str | None, _flag("cp1252, utf-8 or auto. Default: auto.", _Sage)] = None,
    sage_delimiter: Annotated[str | None, _flag("; tab or auto. Default: auto.", _Sage)] = None,
    sage_name: Annotated[str | None, _flag("What mappings call it. Default: sage.", _Sage)] = None,
    database: Annotated[str | None, _flag("The hub's own database. Default: sqlite:///hub.sqlite.")] = None,
    every: Annotated[str | None, _flag("How often the daemon looks. Default: 5m.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write anew what is there; the old is kept as .bak.")
    ] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing, as where there is no terminal.")
    ] = False,
) -> int:
    """Write a first configuration: hub.yaml, mappings made for your systems, and .env for the secrets.

    Asks what no flag has said. At least two of an Odoo, a workbook and a Sage are connected.
    """
    ask = Asker(session.interactive and not no_input)
    answers = Answers(
        odoo=_odoo(
            ask, odoo_url, odoo_database, odoo_login, odoo_password, odoo_api_key, odoo_version, odoo_name
        ),
        excel=_excel(
            ask, excel_file, excel_sheet, excel_key, excel_new_key, excel_contacts, excel_contacts_key,
            excel_name,
        ),
        sage=_sage(
            ask, sage_exports, sage_imports, sage_acks, sage_object, sage_encoding, sage_delimiter, sage_name
        ),
        database=ask.text("--database", database, "The hub's own database", "sqlite:///hub.sqlite"),
        every=ask.text("--every", every, "How often the daemon looks", "5m"),
    )  # fmt: skip
    ask.finish()
    _enough(answers)
    from hub.cli import scaffold

    config = session.config
    fields = _fields(answers, session)
    files = scaffold.drawn(answers, fields, config.parent, config.name)
    written = scaffold.place(files, config.parent, config.name, force=force)
    session.show(_json(answers, files, written), *_screens(answers, fields, files, written))
    return DONE


def _odoo(
    ask: Asker, url: str | None, database: str | None, login: str | None, password: str | None,
    api_key: str | None, version: str | None, name: str | None,
) -> OdooAnswers | None:  # fmt: skip
    if not ask.wanted((url, database, login, version, name), "Connect an Odoo?"):
        return None
    found = OdooAnswers(
        name=name or "odoo",
        url=ask.text("--odoo-url", url, "Odoo's address"),
        database=ask.text("--odoo-database", database, "Its database"),
        login=ask.text("--odoo-login", login, "The hub's user there", "" if api_key else None),
        api_key=api_key or "",
        version=version or "auto",
    )
    if not api_key:
        found.password = ask.secret("--odoo-password (or $ODOO_PASSWORD)", password, "That user's password")
    return found


def _excel(
    ask: Asker, file: str | None, sheet: str | None, key: str | None, new_key: str | None,
    contacts: str | None, contacts_key: str | None, name: str | None,
) -> ExcelAnswers | None:  # fmt: skip
    if not ask.wanted(
        (file, sheet, key, new_key, contacts, contacts_key, name), "Connect a customer workbook?"
    ):
        return None
    found = ExcelAnswers(
        name=name or "clients",
        file=ask.text("--excel-file", file, "The workbook's path"),
        sheet=ask.text("--excel-sheet", sheet, "Its sheet of customers", "Clients"),
        key=ask.text("--excel-key", key, "The column that holds a customer's number", "N° client"),
        new_key=ask.text("--excel-new-key", new_key, "How a new number is made", "C{n:04}"),
        contacts=ask.text("--excel-contacts", contacts, "Its sheet of contacts (empty: none)", ""),
    )
    if found.contacts:
        found.contacts_key = ask.text(
            "--excel-contacts-key", contacts_key, "The column that holds a contact's number", "N° contact"
        )
    return found


def _sage(
    ask: Asker, exports: str | None, imports: str | None, acks: str | None, object: str | None,
    encoding: str | None, delimiter: str | None, name: str | None,
) -> SageAnswers | None:  # fmt: skip
    if not ask.wanted(
        (exports, imports, acks, object, encoding, delimiter, name), "Connect a Sage by its files?"
    ):
        return None
    found = SageAnswers(
        name=name or "sage",
        exports=ask.text("--sage-exports", exports, "The folder Sage exports to"),
        imports=ask.text(
            "--sage-imports", imports, "The folder Sage imports from (empty: Sage is only read)", ""
        ),
        object=ask.text("--sage-object", object, "How the names of its customer exports begin", "customers"),
        encoding=ask.text("--sage-encoding", encoding, "Their encoding", "auto"),
        delimiter=ask.text("--sage-delimiter", delimiter, "What stands between two columns", "auto"),
    )
    if found.imports:
        found.acks = ask.text("--sage-acks", acks, "The folder of acknowledgements (empty: none)", "")
    return found


def _enough(answers: Answers) -> None:
    names = answers.systems
    if len(names) < 2:
        raise WrongUse(
            "one system alone has nobody to agree with; nothing was written",
            "Give at least two of --odoo-url, --excel-file and --sage-exports.",
        )
    if len(set(names)) < len(names):
        raise WrongUse("two systems have the same name; nothing was written", "Give each its own --…-name.")


def _fields(answers: Answers, session: Session) -> Fields:
    """What this Odoo's partners have, from its version or from itself."""
    if answers.odoo is None:
        return Fields()
    version = answers.odoo.version
    if version == "auto":
        with session.err.status(f"asking {answers.odoo.url}"):
            return _asked(answers.odoo)
    try:
        major = int(version.partition(".")[0])
    except ValueError:
        raise WrongUse(
            f"--odoo-version {version!r} is no version", "Give a number such as 19, or auto."
        ) from None
    return Fields("company_registry" if major >= REGISTRY_SINCE else "siret")


def _asked(odoo: OdooAnswers) -> Fields:
    """Ask the server itself. Raises `ConnectorError` where it cannot be reached or refuses the hub's user."""
    from pydantic import ValidationError

    from connectors.odoo.connector import as_error
    from connectors.odoo.faults import Fault
    from connectors.odoo.session import Session as OdooSession
    from connectors.odoo.settings import Settings
    from hub.ports import ConnectorError
    from hub.redaction import redactor

    redactor.learn([odoo.api_key, odoo.password])
    key = {"api_key": odoo.api_key} if odoo.api_key else {"password": odoo.password}
    try:
        settings = Settings.model_validate(
            {"url": odoo.url, "database": odoo.database, "login": odoo.login, **key}
        )
    except ValidationError as problem:
        first = problem.errors(include_input=False)[0]
        raise WrongUse(
            f"Odoo: {'.'.join(map(str, first['loc']))} {first['msg']}; nothing was written"
        ) from None
    asked = OdooSession(odoo.name, settings)
    try:
        known = asked.ask("res.partner", "fields_get", [], ["type"])
    except Fault as fault:
        raise as_error(odoo.name, "res.partner", fault) from fault
    except ConnectorError as problem:
        problem.todo = f"{problem.todo}; or give --odoo-version to write the files without asking it".lstrip(
            "; "
        )
        raise
    finally:
        asked.close()
    return Fields(next((name for name in ("siret", "company_registry") if name in known), None))


def _json(answers: Answers, files: dict[str, str], written: list[Path]) -> dict[str, Any]:
    return {
        "files": [str(path) for path in written],
        "systems": answers.systems,
        "entities": [
            Path(path).stem for path in files if path.endswith(".yaml") and path.startswith("mappings/")
        ],
    }


def _screens(answers: Answers, fields: Fields, files: dict[str, str], written: list[Path]) -> list[Any]:
    notes = {".env": "secrets, for you alone", SCHEMA: "completion in your editor"}
    rows = [(str(path), notes.get(path.name, "")) for path in written]
    found: list[Any] = [screen.table("Written", ("File", ""), rows), screen.plain("")]
    if fields.siret is None:
        found.append(screen.plain("This Odoo has no field for the SIRET, so it is left out there.", "yellow"))
    if "mappings/contact.yaml" not in files:
        found.append(
            screen.plain("Contacts are left out: they need an Odoo and a workbook with a sheet of contacts.")
        )
    return [*found, screen.plain("Next: hub check, hub mapping check, hub plan, hub sync")]
