"""A whole base compared by Spark: on all cores of this machine, or on the cluster of a master that is named.

Text is compared by the functions that the rules mean: one letter off by Splink's own for Spark, likeness by
rapidfuzz in Spark's Python workers, for the one Splink brings rounds swapped letters another way.

Promises: a Spark of this machine listens on loopback only, to who knows its secret, and has no page; its Java
ends with the comparison and its files go. Spark's pages and log never reach the terminal.
Never: more than one Spark at a time in a process, for Spark knows no second; the next one waits.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlglot
from sqlglot import exp

from hub.duplicates.backends import LOCAL, EngineError
from hub.duplicates.rules import SPARK_FUNCTIONS

if TYPE_CHECKING:
    from splink.internals.database_api import DatabaseAPI

JAVA = 17
"""The oldest Java that Spark 4 runs on."""

AT_ONCE = 50_000
"""Records handed to Spark in one piece: a task may carry 128 MiB at most."""

_one = threading.Lock()


def spark_sql(sql: str | exp.Expression) -> str:
    """DuckDB's SQL in Spark's, where a number with a point would be a decimal."""

    def double(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Literal) and node.is_number and not node.is_int:
            return exp.cast(node, "double")
        return node

    return sqlglot.maybe_parse(sql, dialect="duckdb").transform(double).sql("spark")


class OnSpark:
    """`backends.Backend` over a running Spark."""

    def __init__(self, session: Any) -> None:
        self.session = session
        for function in SPARK_FUNCTIONS:
            session.sql(function)
        session.udf.register("jarowinkler_similarity", _likeness())
        self.splink()  # It brings damerau_levenshtein.

    def splink(self) -> DatabaseAPI[Any]:
        api: type[DatabaseAPI[Any]] = import_module("splink").SparkAPI
        # "persist" keeps what is in between on the workers; other ways need a folder that all of them see.
        return api(spark_session=self.session, break_lineage_method="persist")  # type: ignore[call-arg]

    def said(self, condition: str) -> str:
        return spark_sql(condition)

    def put(self, name: str, table: pa.Table) -> None:
        pieces = [table.slice(start, AT_ONCE) for start in range(0, max(len(table), 1), AT_ONCE)]
        frames = [self.session.createDataFrame(piece) for piece in pieces]
        frame = reduce(lambda one, other: one.unionAll(other), frames)
        frame.persist().createOrReplaceTempView(name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        query: Any = sqlglot.parse_one(sql, read="duckdb")
        # Spark writes what WITH names out anew wherever it is used, again within that: minutes for nothing.
        kept = [self._kept(part.alias, part.this) for part in query.ctes]
        query.set("with_", None)
        found = self.session.sql(spark_sql(query)).toArrow()
        for part in kept:
            part.unpersist()
        return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def _kept(self, name: str, query: exp.Expression) -> Any:
        frame = self.session.sql(spark_sql(query)).persist()
        frame.createOrReplaceTempView(name)
        return frame

    def columns(self, table: str) -> set[str]:
        return set(self.session.table(table).columns)


def _likeness() -> Any:
    """Jaro-Winkler as `rules.alike` has it: the same library, on Spark's workers."""

    # Nested, so that Spark sends it whole: a worker needs rapidfuzz and pyarrow, not the hub.
    def likeness(ones: Any, others: Any) -> Any:
        import pyarrow
        from rapidfuzz.distance import JaroWinkler

        pairs = zip(ones.to_pylist(), others.to_pylist(), strict=True)
        return pyarrow.array(
            [None if a is None or b is None else JaroWinkler.similarity(a, b) for a, b in pairs],
            pyarrow.float64(),
        )

    likeness.__annotations__.clear()
    return import_module("pyspark.sql.functions").arrow_udf(likeness, "double")


@contextmanager
def on_spark(master: str = LOCAL) -> Iterator[OnSpark]:
    """A Spark that runs until the comparison is done. Raises `EngineError`."""
    gateways = _gateways()
    _java()
    with _one, TemporaryDirectory(prefix="hub-spark-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        conf = _conf(master, folder)
        with _java_of(gateways, conf, log) as gateway, _interrupts_kept(), _in_words(master, log):
            context = import_module("pyspark").SparkContext(conf=conf, gateway=gateway)
            try:
                context.setLogLevel("ERROR")
                if _is_here(master):
                    context.pythonExec = sys.executable
                yield OnSpark(import_module("pyspark.sql").SparkSession(context))
            finally:
                _stop(context)


def _is_here(master: str) -> bool:
    return master.startswith("local")


def _gateways() -> Any:
    """pyspark's room for starting Java, where pyspark is there and new enough."""
    install = "Install it: pip install 'odoo-sync-hub[spark]'."
    try:
        functions = import_module("pyspark.sql.functions")
    except ImportError:
        what = "Spark is asked for, and Python's package pyspark is not installed"
        raise EngineError(what, install) from None
    if not hasattr(functions, "arrow_udf"):
        version = import_module("pyspark").__version__
        raise EngineError(f"pyspark {version} is installed, and 4.1 or later is needed", install)
    # pyspark writes what is wrong with a query to the terminal as well as raising it.
    import_module("pyspark.logger").PySparkLogger.getLogger("SQLQueryContextLogger").setLevel("CRITICAL")
    return import_module("pyspark.java_gateway")


def _java() -> None:
    """Know that there is a Java that is new enough, where Spark looks for it."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    todo = f"Install Java {JAVA} or later (on Debian: apt-get install openjdk-17-jre-headless)."
    if found is None:
        where = f"in JAVA_HOME, which is {home}" if home else "on PATH"
        raise EngineError(f"Spark is asked for, and no Java is found {where}", todo)
    asked = [found, "-version"]
    told = subprocess.run(asked, capture_output=True, text=True, errors="replace", check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version is None:
        raise EngineError(f"Spark is asked for, and {found} does not tell its version", todo, told.strip())
    if int(version[1]) < JAVA:
        raise EngineError(f"Spark needs Java {JAVA} or later, and {found} is Java {version[1]}", todo)


def _conf(master: str, folder: str) -> Any:
    from splink.backends.spark import similarity_jar_location

    settings = {
        "spark.master": master,
        "spark.app.name": "hub duplicates",
        "spark.jars": similarity_jar_location(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": Path(folder, "warehouse").as_uri(),
    }
    if _is_here(master):
        settings |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.authenticate": "true",
            "spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 1)),
        }
    # Without the defaults of a Java, for none runs yet.
    return import_module("pyspark").SparkConf(loadDefaults=False).setAll(list(settings.items()))


@contextmanager
def _java_of(gateways: Any, conf: Any, log: Path) -> Iterator[Any]:
    """The Java that Spark runs in, ended afterwards: left to itself it stays as long as this process."""
    contexts = import_module("pyspark").SparkContext
    with log.open("w", encoding="utf-8") as said:
        try:
            gateway = gateways.launch_gateway(conf, {"stdout": said, "stderr": said})
        except (import_module("pyspark.errors").PySparkException, OSError) as error:
            todo = "Correct what it says; or compare with DuckDB."
            raise EngineError("Spark does not start", todo, _end_of(log) or str(error)) from error
        try:
            yield gateway
        finally:
            contexts._gateway = contexts._jvm = None
            gateway.shutdown()
            _end(gateway.proc)


def _end(java: subprocess.Popen[bytes]) -> None:
    """End a Java whose input we hold: it ends by itself when that closes."""
    if sys.platform == "win32":  # There it is the child of a script, and does not notice.
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(java.pid)], capture_output=True, check=False)
    if java.stdin is not None:
        java.stdin.close()
    try:
        java.wait(30)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()


def _stop(context: Any) -> None:
    try:
        context.stop()
    except import_module("py4j.protocol").Py4JError:
        context.stop()  # Its Java is gone already: the second time only what this process keeps is let go.


@contextmanager
def _in_words(master: str, log: Path) -> Iterator[None]:
    """What Spark fails with, as `EngineError`; asked of its Java while that still runs."""
    java = import_module("py4j.protocol")
    wrapped = import_module("splink.internals.exceptions").SplinkException
    try:
        yield
    except (import_module("pyspark.errors").PySparkException, java.Py4JError, wrapped) as error:
        cause = error.__cause__ if isinstance(error, wrapped) and error.__cause__ else error
        if isinstance(cause, java.Py4JNetworkError):
            said = f"Its Java has ended. {_end_of(log)}"
        elif isinstance(cause, java.Py4JJavaError):
            said = str(cause.java_exception.toString())
        else:
            said = str(cause)
        why = "\n".join(line for line in said.splitlines() if line.strip() and not line.startswith("\tat "))
        todo = "See whether the master can be reached and its workers have rapidfuzz and pyarrow."
        if _is_here(master):
            todo = "Where it lacks memory, give it more: spark.driver.memory in spark-defaults.conf."
        raise EngineError(f"Spark at {master} gave up comparing", todo, why) from error


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Spark answers Ctrl-C in the whole process from its start on: give that back."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():  # In another Spark has changed nothing.
            signal.signal(signal.SIGINT, before)
