// Layout `json`: the whole content as JSON text in one row of a table, byte for byte as TinyBase lays it.

import type {Content} from '../base/content.ts';
import {isHoldfastError} from '../base/errors.ts';
import {hostPorts, type Ports} from '../base/ports.ts';
import type {Connection} from '../driver/connection.ts';
import {statement} from '../sql/statement.ts';
import {createAnnouncements} from './announcements.ts';
import {parseContent, stringifyContent} from './content-json.ts';
import type {ResolvedJson} from './database-config.ts';
import {createDatabaseWatch} from './database-watch.ts';
import {createDocumentStorage} from './document-storage.ts';
import {createGate} from './gate.ts';
import type {MigratableLayout, Query} from './migration.ts';
import type {Storage} from './storage.ts';

const ROW_ID = '_';

export const createJsonLayout = (
  connection: Connection,
  config: ResolvedJson,
  ports: Ports = hostPorts,
): Storage => {
  const {dialect} = connection;
  const table = dialect.quoteTable(config.storeTableName);
  const idColumn = dialect.quote(config.storeIdColumnName);
  const storeColumn = dialect.quote(config.storeColumnName);
  const p1 = dialect.placeholder(1);
  const p2 = dialect.placeholder(2);
  const p3 = dialect.placeholder(3);

  const createTable = dialect.createTable(
    config.storeTableName,
    `${idColumn} ${dialect.keyType} PRIMARY KEY, ${storeColumn} ${dialect.columnTypes.text}`,
  );
  const select = `SELECT ${storeColumn} AS "store" FROM ${table} WHERE ${idColumn} = ${p1}`;
  const insert = `INSERT INTO ${table} (${idColumn}, ${storeColumn}) VALUES (${p1}, ${p2}) ON CONFLICT (${idColumn})`;
  const returning = dialect.hasReturning ? ' RETURNING 1 AS "done"' : '';
  const insertIfAbsent = `${insert} DO NOTHING${returning}`;
  const swapIfSame = `UPDATE ${table} SET ${storeColumn} = ${p1} WHERE ${idColumn} = ${p2} AND ${storeColumn} = ${p3}${returning}`;
  const copied = `SELECT ${storeColumn} FROM ${table} WHERE ${idColumn} = `;
  const swapIfCopied = `UPDATE ${table} SET ${storeColumn} = ${p1} WHERE ${idColumn} = ${p2} AND ${storeColumn} = (${copied}${p3})${returning}`;
  const copy = `INSERT INTO ${table} (${idColumn}, ${storeColumn}) SELECT ${p1}, ${storeColumn} FROM ${table} WHERE ${idColumn} = ${p2}`;
  const overwrite = `${insert} DO UPDATE SET ${storeColumn} = excluded.${storeColumn}`;

  const readText = async (query: Query): Promise<string | undefined> => {
    if ((await query(dialect.describe([config.storeTableName]))).length === 0) {
      return undefined;
    }
    const rows = await query(statement(select, [ROW_ID]));
    const text = rows[0]?.store;
    return text === undefined || text === null ? undefined : String(text);
  };

  // The text that was put aside last, and where its copy lies.
  let damaged: {readonly text: string; readonly copyId: string} | undefined;

  const layout: MigratableLayout = {
    scope: config.storeTableName,
    hasData: async (query) => (await readText(query)) !== undefined,
    readAll: async (query) => {
      const text = await readText(query);
      return text === undefined ? ([{}, {}] satisfies Content) : parseContent(text);
    },
    replaceAll: async (query, content) => {
      await query(createTable);
      await query(statement(overwrite, [ROW_ID, stringifyContent(content)]));
    },
  };

  const watch = createDatabaseWatch(connection, {
    intervalSeconds: config.autoLoadIntervalSeconds,
    announcements: createAnnouncements(connection, [{tableName: config.storeTableName}], ports),
    ports,
  });
  const gate = createGate(connection, layout, config);
  const query: Query = (sent) => connection.query(sent);

  return createDocumentStorage({
    name: `the row "${ROW_ID}" of table "${config.storeTableName}"`,
    read: async () => {
      await gate.pass();
      await watch.noteRead();
      return readText(query);
    },
    swap: async (expected, next) => {
      await gate.pass();
      const swap =
        expected === undefined
          ? statement(insertIfAbsent, [ROW_ID, next])
          : expected === damaged?.text
            ? statement(swapIfCopied, [next, ROW_ID, damaged.copyId])
            : statement(swapIfSame, [next, ROW_ID, expected]);
      try {
        const result = await connection.transaction(
          'write',
          function* () {
            if (expected === undefined) {
              yield createTable;
            }
            const swapped = yield swap;
            return dialect.hasReturning || dialect.writeReport === undefined
              ? swapped.length > 0
              : Number((yield dialect.writeReport)[0]?.count) > 0;
          },
          watch.around(),
        );
        watch.noteWrite(result);
        return result.result;
      } catch (error) {
        // The table was dropped under our feet: the race is lost, and what lies there now is read.
        if (expected !== undefined && isHoldfastError(error, 'driver/missing')) {
          return false;
        }
        throw error;
      }
    },
    quarantine: async (text) => {
      const copyId = `${ROW_ID}quarantine_${new Date(ports.now()).toISOString()}`;
      // Copied by the database, for damaged text does not come back from JavaScript as the bytes that it was.
      await connection.transaction('write', function* () {
        const isSame = String((yield statement(select, [ROW_ID]))[0]?.store) === text;
        damaged = isSame ? {text, copyId} : undefined;
        yield isSame ? statement(copy, [copyId, ROW_ID]) : statement(overwrite, [copyId, text]);
      });
      return `the row "${copyId}" of the same table`;
    },
    watch: (listener) => watch.start(listener),
    hasChanged: () => watch.takeChange(),
    close: () => connection.close(),
  });
};
