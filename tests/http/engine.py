# SPDX-License-Identifier: Apache-2.0
"""Which database the hubs of a test run have. BREAKWATER_TEST_ENGINE=postgresql: one of their own for each data
folder, on the server whose socket lies in BREAKWATER_TEST_POSTGRES (tools/postgres.py). Else the file in the folder."""
import hashlib
import os
import pathlib
import sqlite3
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import postgres  # noqa: E402

ON_SERVER = os.environ.get("BREAKWATER_TEST_ENGINE") == "postgresql"
SERVER = os.environ.get("BREAKWATER_TEST_POSTGRES")
if ON_SERVER and not SERVER:
    print("TAP version 13\n1..0 # SKIP no server: tools/postgres.py starts one")
    sys.exit(0)


def name_of(folder):
    return "hub_" + hashlib.sha256(str(pathlib.Path(folder).resolve()).encode()).hexdigest()[:24]


class Database:
    """Of one data folder. SERVER: another server than the run's, a postgres.Server."""

    def __init__(self, folder, server=None):
        self.folder, self.name = folder, name_of(folder)
        self.at = server.folder if server else SERVER  # SERVER may be set by a test with its own

    @property
    def url(self):
        return postgres.url(self.name, self.at)

    def environment(self):
        return {"BREAKWATER_DATABASE": self.url} if ON_SERVER else {}

    def make(self, like=None):
        """Empty, or as another folder's is, where it is not there yet."""
        if not ON_SERVER or postgres.sql("SELECT 1 FROM pg_database WHERE datname = '%s'" % self.name, folder=self.at):
            return
        postgres.create(self.name, self.at, name_of(like) if like else "template0")

    def drop(self):
        if ON_SERVER:
            postgres.drop(self.name, self.at)

    def run(self, text):
        """A change that no page makes, as if time had gone by. Names of tables without a schema."""
        if ON_SERVER:
            postgres.sql("SET search_path TO breakwater; " + text, self.name, self.at)
            return
        db = sqlite3.connect(self.folder / "breakwater.db", timeout=30)
        try:
            with db:
                db.execute(text)
        finally:
            db.close()

    def columns(self):
        """(table, column) of every table."""
        rows = postgres.sql("SELECT table_name || ' ' || column_name FROM information_schema.columns"
                            " WHERE table_schema LIKE 'breakwater%'", self.name, self.at)
        return [tuple(r.split(" ", 1)) for r in rows.splitlines()]
