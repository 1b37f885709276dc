"""Build, once, a real Odoo 19 and a real Odoo 14 from Debian's packages, each with a pristine database.

Everything is kept in ``/var/cache/odoo-sync-hub`` (``HUB_LIVE_CACHE`` names another folder), outside the
checkout, and reused. An interrupted build goes on where it stopped. The database built here is never served:
every server works on a copy.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.debian import BuildFailed, Root, Unavailable, require_root
from tests.live.processes import Postgres, odoo_configuration, private_folder

Say = Callable[[str], None]
TEMPLATE = "pristine"


@dataclass(frozen=True)
class Recipe:
    """How one Odoo is had: which Debian, which packages, which modules."""

    version: int
    suite: str
    packages: tuple[str, ...]
    from_unstable: tuple[str, ...]
    modules: str
    without_demo: str
    finish: str
    languages: str = "en_US,fr_FR"

    def of_packages(self) -> str:
        """What the installed packages depend on."""
        return fingerprint(self.suite, self.packages, self.from_unstable)

    def of_everything(self) -> str:
        """What the pristine database depends on."""
        return fingerprint(self)


_COMMON = (
    "base,contacts,crm,sale_management,account,project,calendar,mail,bus,phone_validation,base_import_module"
)

# Runs in `odoo shell`. A company in France, and an API key for the administrator, printed on its own line.
_FINISH_19 = """
from datetime import datetime
company = env['res.company'].browse(1)
company.country_id = env.ref('base.fr')
env['account.chart.template'].try_loading('fr', company)
key = env['res.users.apikeys'].with_user(2)._generate('rpc', 'hub', datetime(2099, 1, 1))
env.cr.commit()
print('api-key:' + key)
"""
_FINISH_14 = """
company = env['res.company'].browse(1)
company.country_id = env.ref('base.fr')
env.ref('l10n_fr.l10n_fr_pcg_chart_template').try_loading(company=company)
key = env['res.users.apikeys'].with_user(2)._generate('rpc', 'hub')
env.cr.commit()
print('api-key:' + key)
"""

# Unstable's Python is too new for Odoo 19, so only the package itself, which is for any architecture, comes
# from there.
RECIPES = {
    19: Recipe(
        version=19,
        suite="trixie",
        packages=("postgresql", "tzdata-legacy"),
        from_unstable=("odoo-19",),
        modules=f"{_COMMON},l10n_fr_account",
        without_demo="True",
        finish=_FINISH_19,
    ),
    14: Recipe(
        version=14,
        suite="bullseye",
        packages=("postgresql", "odoo-14"),
        from_unstable=(),
        modules=f"{_COMMON},l10n_fr",
        without_demo="all",
        finish=_FINISH_14,
    ),
}


@dataclass(frozen=True)
class Built:
    """A provisioned Odoo: its root, the folder of its pristine database (inside the root), its API key."""

    version: int
    root: Root
    template: str
    api_key: str


def cache() -> Path:
    """Where the roots are kept."""
    return Path(os.environ.get("HUB_LIVE_CACHE") or "/var/cache/odoo-sync-hub")


def ensure(version: int, say: Say = print) -> Built:
    """The provisioned Odoo of this version, built first if need be."""
    require_root()
    recipe = RECIPES[version]
    base = cache() / f"odoo-{version}"
    root = Root(base / "root", base / "build.log")
    base.mkdir(parents=True, exist_ok=True)
    if not is_done(base, "complete", recipe.of_everything()):
        with only_one(
            base / "lock", lambda: say(f"Odoo {version}: waiting for another process that builds it")
        ):
            _build(recipe, root, base, say)
    return Built(version, root, "/srv/hub/template", (base / "api_key").read_text().strip())


def ensure_all(versions: Sequence[int], say: Say = print) -> dict[int, Built | Exception]:
    """Several versions, side by side; one that cannot be had, or fails, does not stop the others."""

    def outcome(version: int) -> Built | Exception:
        try:
            return ensure(version, say)
        except (Unavailable, BuildFailed, OSError) as reason:
            return reason

    with ThreadPoolExecutor(max_workers=len(RECIPES)) as pool:
        return dict(zip(versions, pool.map(outcome, versions), strict=True))


def _build(recipe: Recipe, root: Root, base: Path, say: Say) -> None:
    name = f"Odoo {recipe.version}"
    if not root.path.exists():
        say(f"{name}: making a Debian {recipe.suite} root in {root.path}")
        root.bootstrap(recipe.suite)
    if not is_done(base, "packages", recipe.of_packages()):
        say(f"{name}: installing {' '.join(recipe.packages + recipe.from_unstable)}")
        root.install(recipe.packages, recipe.from_unstable)
        mark_done(base, "packages", recipe.of_packages())
    if not is_done(base, "complete", recipe.of_everything()):
        say(f"{name}: creating the database")
        _make_template(recipe, root, base)
        mark_done(base, "complete", recipe.of_everything())
    say(f"{name}: ready in {base}")


def _make_template(recipe: Recipe, root: Root, base: Path) -> None:
    inside = "/srv/hub/template.partial"
    shutil.rmtree(root.path / inside[1:], ignore_errors=True)
    shutil.rmtree(root.path / "srv/hub/template", ignore_errors=True)
    private_folder(root, inside, "odoo")
    Postgres.create(root, inside)
    postgres = Postgres(root, inside)
    postgres.start()
    try:
        configuration = odoo_configuration(root, inside, port=None, master_password=secrets.token_hex(16))
        odoo = ["odoo", "-c", configuration, "-d", TEMPLATE, "--no-http"]
        languages = f"--load-language={recipe.languages}"
        demo = f"--without-demo={recipe.without_demo}"
        root.run([*odoo, "-i", recipe.modules, languages, demo, "--stop-after-init"], user="odoo")
        shell = ["odoo", "shell", *odoo[1:]]
        printed = root.run(shell, user="odoo", stdin=recipe.finish)
    finally:
        postgres.stop()
    keys = [line.split("api-key:")[1].strip() for line in printed.splitlines() if "api-key:" in line]
    if not keys:
        raise BuildFailed(f"Odoo {recipe.version}: no API key was made (whole log: {root.log})")
    _write_secret(base / "api_key", keys[0])
    (root.path / inside[1:]).rename(root.path / "srv/hub/template")


def _write_secret(path: Path, secret: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as out:
        out.write(secret)


def fingerprint(*made_from: object) -> str:
    """A name for everything that a step of the build depends on."""
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


def is_done(base: Path, step: str, made_from: str) -> bool:
    """Whether this step was done in the folder `base`, and from the same things."""
    marker = base / f"{step}.done"
    return marker.exists() and marker.read_text() == made_from


def mark_done(base: Path, step: str, made_from: str) -> None:
    """Say that this step was done in the folder `base`."""
    (base / f"{step}.done").write_text(made_from)


@contextmanager
def only_one(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """One process at a time; `waiting` is called where another one is at it."""
    import fcntl

    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
