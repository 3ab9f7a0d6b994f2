"""The tables of a log in PostgreSQL, and how to tell that they are still as they were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

CREATE = """
CREATE SCHEMA IF NOT EXISTS raudit_log;
CREATE TABLE IF NOT EXISTS raudit_log.meta (key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE IF NOT EXISTS raudit_log.head (one integer PRIMARY KEY CHECK (one = 1));
INSERT INTO raudit_log.head VALUES (1) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS raudit_log.entry (idx bigint PRIMARY KEY, data bytea NOT NULL);
CREATE TABLE IF NOT EXISTS raudit_log.node (idx bigint PRIMARY KEY, hash bytea NOT NULL);
CREATE TABLE IF NOT EXISTS raudit_log.note (
  seq bigint PRIMARY KEY, kind text NOT NULL, size bigint NOT NULL, note text NOT NULL);
CREATE TABLE IF NOT EXISTS raudit_log.person (pseudonym text PRIMARY KEY, salt bytea NOT NULL, value text NOT NULL);
CREATE OR REPLACE FUNCTION raudit_log.lock_head() RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = raudit_log, pg_temp AS 'SELECT one FROM raudit_log.head FOR UPDATE';
REVOKE ALL ON FUNCTION raudit_log.lock_head() FROM PUBLIC;
CREATE OR REPLACE FUNCTION raudit_log.refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'the log is append-only'; END$$;
"""
COLUMNS = {
    "entry": "idx bigint, data bytea",
    "head": "one integer",
    "meta": "key text, value text",
    "node": "idx bigint, hash bytea",
    "note": "seq bigint, kind text, size bigint, note text",
    "person": "pseudonym text, salt bytea, value text",
}
# Whatever could answer otherwise than it was told: a view, a rule, a policy, a trigger, a column of another type.
FOREIGN = """
SELECT c.relname, c.relkind = 'r' AND NOT c.relhasrules AND NOT c.relrowsecurity
    AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
      AND (t.tgname <> 'append_only' OR t.tgfoid <> to_regproc('raudit_log.refuse'))),
  (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, NULL), ', ' ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c WHERE c.relnamespace = to_regnamespace('raudit_log')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL SELECT p.proname, true, p.prosrc
FROM pg_proc p WHERE p.pronamespace = to_regnamespace('raudit_log')
"""
FUNCTIONS = {
    "lock_head": "SELECT one FROM raudit_log.head FOR UPDATE",
    "refuse": "BEGIN RAISE EXCEPTION 'the log is append-only'; END",
}
APPEND_ONLY = ("meta", "head", "entry", "node", "note")
# The owner is stopped from accidents only; the daily role has no right to begin with.
TRIGGER = """
DROP TRIGGER IF EXISTS append_only ON raudit_log.{table};
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON raudit_log.{table}
  FOR EACH STATEMENT EXECUTE FUNCTION raudit_log.refuse();
"""
GRANT = """
GRANT USAGE ON SCHEMA raudit_log TO "{role}";
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA raudit_log TO "{role}";
REVOKE INSERT ON raudit_log.head FROM "{role}";
GRANT EXECUTE ON FUNCTION raudit_log.lock_head() TO "{role}";
"""
NUMBERED = """
SELECT attidentity = '' FROM pg_attribute
WHERE attrelid = to_regclass('raudit_log.note') AND attname = 'seq'
"""
"""Whether the log numbers its notes itself; a sequence, as in logs made before 0.3, leaves gaps after a crash."""


def foreign_parts(rows: Iterable[Sequence[object]]) -> list[str]:
    """Name what is missing in the schema, or is there in another form than raudit made it.

    Parameters
    ----------
    rows
        What `FOREIGN` gives.
    """
    found = {(str(name), plain, form) for name, plain, form in rows}
    made = {(name, True, form) for name, form in (*COLUMNS.items(), *FUNCTIONS.items())}
    there = {name for name, _, _ in found}
    return [
        name if name in there else f"no {name}"
        for name in sorted({name for name, _, _ in found ^ made})
    ]
