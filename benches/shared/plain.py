"""What one writes by hand: fetches a table page by page and inserts its rows. Arguments: address, database."""
import json
import sqlite3
import sys
from urllib.parse import urlencode

try:
    import requests

    session = requests.Session()

    def fetch(url):
        return session.get(url).json()
except ImportError:
    from urllib.request import urlopen

    def fetch(url):
        with urlopen(url) as answer:
            return json.load(answer)


def main(url, path):
    db = sqlite3.connect(path)
    db.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE rows (id TEXT PRIMARY KEY NOT NULL, data TEXT, timestamp, file TEXT)"
    )
    cursor = None
    while True:
        query = {"limit": 1000} if cursor is None else {"limit": 1000, "cursor": cursor}
        page = fetch(f"{url}?{urlencode(query)}")
        rows = [(row["id"], json.dumps(row, ensure_ascii=False), 1750000000000) for row in page["items"]]
        with db:
            db.executemany("INSERT INTO rows (id, data, timestamp) VALUES (?, ?, ?)", rows)
        cursor = page.get("next")
        if cursor is None:
            return


main(sys.argv[1], sys.argv[2])
