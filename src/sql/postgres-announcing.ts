// How PostgreSQL is made to tell of writes, for as long as somebody listens. What lies where, in the schema of each table:
//
//   holdfast_listeners        who listens to which table: a row a listener and table, with the server's process that listens
//   holdfast_notify()         the function of the triggers
//   holdfast_<event>_<hash>   four triggers a table (insert, update, delete, truncate); the hash is of the key's column
//
// Who begins to listen makes what is missing. Who ends removes what nobody uses any more: its own rows, those of processes that
// are gone (a client that was killed), the triggers without a row, the function without a trigger, the table without a row.
// Both hold one advisory lock meanwhile. Nothing is put on views, on tables of somebody else's role, and on those whose
// rows lie in partitions or children: statements on these do not fire the triggers of one another.

import type {Announcing, ObservedName} from './dialect.ts';
import {dollarQuote, inBlock, LOCKS, quoteTable, quoteText, splitName} from './postgres-names.ts';
import {statement} from './statement.ts';

/** More rows than this, or more bytes than a payload holds, are told as "any row". */
const MAX_TOLD_ROWS = 100;
const MAX_PAYLOAD_BYTES = 7_900;

export const postgresAnnouncing: Announcing = {
  channelOf,
  begin: (observed, listenerId, processId) =>
    statement(
      inBlock(
        `${HOLD} FOR found IN SELECT * FROM ${askedFor(observed)} WHERE may_tell LOOP
           BEGIN
             s := found.schema_name;
             IF to_regclass(format('%I.holdfast_listeners', s)) IS NULL THEN
               EXECUTE format('CREATE TABLE %I.holdfast_listeners (listener text NOT NULL, table_oid oid NOT NULL, hash text NOT NULL, pid integer NOT NULL, started timestamptz)', s);
             END IF;
             IF to_regprocedure(format('%I.holdfast_notify()', s)) IS NULL THEN
               EXECUTE format('CREATE FUNCTION %I.holdfast_notify() RETURNS trigger LANGUAGE plpgsql AS %L', s, ${dollarQuote(NOTIFY)});
             END IF;
             EXECUTE format('INSERT INTO %I.holdfast_listeners SELECT $1, $2, $3, $4, (SELECT backend_start FROM pg_stat_activity WHERE pid = $4) ' ||
               'WHERE NOT EXISTS (SELECT FROM %1$I.holdfast_listeners WHERE listener = $1 AND table_oid = $2 AND hash = $3 AND pid = $4)', s)
               USING ${quoteText(listenerId)}, found.oid, found.hash, ${processId ?? 'pg_backend_pid()'};
             EXECUTE format('DELETE FROM %I.holdfast_listeners WHERE listener = $1 AND pid <> $2', s) USING ${quoteText(listenerId)}, ${processId ?? 'pg_backend_pid()'};
             IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = found.oid AND tgname = 'holdfast_insert_' || found.hash) THEN
               -- Who waits for a lock keeps everybody else waiting behind it: it is tried again instead.
               EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE NOWAIT', found.full_name);
               FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
                 EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %I.holdfast_notify(%s)',
                   'holdfast_' || lower(event) || '_' || found.hash, event, found.full_name,
                   CASE event WHEN 'INSERT' THEN 'REFERENCING NEW TABLE AS holdfast_new' WHEN 'UPDATE' THEN 'REFERENCING OLD TABLE AS holdfast_old NEW TABLE AS holdfast_new'
                     WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS holdfast_old' ELSE '' END,
                   s, quote_literal(found.channel) || CASE WHEN found.key_name = '' THEN '' ELSE ', ' || quote_literal(found.key_name) END);
               END LOOP;
             END IF;
           EXCEPTION WHEN insufficient_privilege THEN
             -- Whoever may not do that looks at the table at intervals.
           END;
         END LOOP;`,
        'found record; s text; event text;',
      ),
    ),
  end: (listenerId, schemaNames) =>
    statement(
      inBlock(
        `${HOLD} FOREACH s IN ARRAY ARRAY[${schemaNames.map(quoteText).join(', ')}]::text[] LOOP
           BEGIN
             CONTINUE WHEN to_regclass(format('%I.holdfast_listeners', s)) IS NULL;
             EXECUTE format('DELETE FROM %I.holdfast_listeners AS l WHERE l.listener = $1 OR NOT EXISTS (SELECT FROM pg_class WHERE oid = l.table_oid) ' ||
               'OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = l.pid AND coalesce(a.backend_start = l.started, true))', s) USING ${quoteText(listenerId)};
             FOR found IN EXECUTE format('SELECT t.tgrelid::regclass AS full_name, t.tgname FROM pg_trigger AS t WHERE t.tgfoid = to_regprocedure($1) ' ||
               'AND NOT EXISTS (SELECT FROM %I.holdfast_listeners AS l WHERE l.table_oid = t.tgrelid AND l.hash = right(t.tgname, 8))', s) USING format('%I.holdfast_notify()', s)
             LOOP
               EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', found.full_name);
               EXECUTE format('DROP TRIGGER %I ON %s', found.tgname, found.full_name);
             END LOOP;
             IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = to_regprocedure(format('%I.holdfast_notify()', s))) THEN
               EXECUTE format('DROP FUNCTION IF EXISTS %I.holdfast_notify()', s);
             END IF;
             EXECUTE format('SELECT count(*) FROM %I.holdfast_listeners', s) INTO listeners;
             IF listeners = 0 THEN
               EXECUTE format('DROP TABLE %I.holdfast_listeners', s);
             END IF;
           EXCEPTION WHEN insufficient_privilege THEN
             -- What others made, others remove.
           END;
         END LOOP;`,
        'found record; s text; listeners bigint;',
      ),
    ),
  find: (observed) =>
    statement(
      'SELECT place AS "place", schema_name AS "schemaName", full_name AS "fullName", those.oid::text AS "oid", ' +
        `(may_tell AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = those.oid AND tgname = 'holdfast_insert_' || those.hash))::int AS "isTold" ` +
        `FROM ${askedFor(observed)} ORDER BY place`,
    ),
  tell: (channel, text) => statement('SELECT pg_notify($1, $2)', [channel, text]),
  tellRows: ({tableName, keyColumnName}, rows) => {
    const isNamed =
      keyColumnName !== undefined &&
      rows.length <= MAX_TOLD_ROWS &&
      // A byte may be told as six characters.
      JSON.stringify([keyColumnName, ...rows]).length * 6 < MAX_PAYLOAD_BYTES;
    return statement(
      `SELECT pg_notify($1, (jsonb_build_object('table', format('%I.%I', n.nspname, c.relname), 'by', pg_current_xact_id()::text) || $2::text::jsonb)::text) ` +
        'FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($3::text)',
      [
        channelOf(tableName),
        JSON.stringify(isNamed ? {key: keyColumnName, rows} : {}),
        quoteTable(tableName),
      ],
    );
  },
  ownId: statement('SELECT pg_current_xact_id()::text AS "id"'),
};

/** A name of a channel has at most 63 bytes. Two tables may have one: what is told names the table. */
export function channelOf(tableName: string): string {
  const {table} = splitName(tableName);
  return `holdfast_${table
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '_')
    .slice(0, 50)}`;
}

const HOLD = `PERFORM pg_advisory_xact_lock(${LOCKS}, hashtext('holdfast_listeners'));`;

// Those of the tables that are there, and whether triggers may be put on them.
const askedFor = (observed: readonly ObservedName[]): string => {
  const rows = observed.map(
    ({tableName, keyColumnName = ''}, index) =>
      `(${index}, ${quoteText(quoteTable(tableName))}, ${quoteText(channelOf(tableName))}, ${quoteText(keyColumnName)})`,
  );
  return (
    `(SELECT asked.place, asked.channel, asked.key_name, left(md5(asked.key_name), 8) AS hash, c.oid, n.nspname AS schema_name, ` +
    `format('%I.%I', n.nspname, c.relname) AS full_name, ` +
    `c.relkind = 'r' AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent)) ` +
    `AND pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE') AS may_tell ` +
    `FROM (VALUES ${rows.join(', ')}) AS asked (place, name, channel, key_name) ` +
    `JOIN pg_class AS c ON c.oid = to_regclass(asked.name) JOIN pg_namespace AS n ON n.oid = c.relnamespace) AS those`
  );
};

// Its arguments: the channel, and the key's column where rows are to be named. A key that is gone must not make a write fail.
const NOTIFY = `
  DECLARE
    told jsonb := jsonb_build_object('table', format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME), 'by', pg_current_xact_id()::text);
    ids jsonb;
  BEGIN
    IF TG_NARGS > 1 AND TG_OP <> 'TRUNCATE' THEN
      BEGIN
        EXECUTE format('SELECT jsonb_agg(id) FROM (' || CASE TG_OP
          WHEN 'INSERT' THEN 'SELECT %1$I::text AS id FROM holdfast_new LIMIT %2$s'
          WHEN 'DELETE' THEN 'SELECT %1$I::text AS id FROM holdfast_old LIMIT %2$s'
          ELSE '(SELECT %1$I::text AS id FROM holdfast_new LIMIT %2$s) UNION (SELECT %1$I::text FROM holdfast_old LIMIT %2$s)'
        END || ') AS ids', TG_ARGV[1], ${MAX_TOLD_ROWS + 1}) INTO ids;
        IF ids IS NULL THEN
          RETURN NULL;
        END IF;
        told := told || jsonb_build_object('key', TG_ARGV[1]);
        IF jsonb_array_length(ids) <= ${MAX_TOLD_ROWS} AND octet_length(told::text) + octet_length(ids::text) < ${MAX_PAYLOAD_BYTES} THEN
          told := told || jsonb_build_object('rows', ids);
        END IF;
      EXCEPTION WHEN undefined_column THEN
      END;
    END IF;
    PERFORM pg_notify(TG_ARGV[0], told::text);
    RETURN NULL;
  END`;
