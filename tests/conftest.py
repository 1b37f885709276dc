"""What every test may ask for: a real PostgreSQL, real Odoo servers."""

pytest_plugins = ["tests.postgres", "tests.live.plugin", "tests.tally"]
