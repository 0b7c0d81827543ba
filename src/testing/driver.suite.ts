// What every driver must do, alone and under a connection. Knows no platform: the caller opens the databases.

import {isHoldfastError} from '../base/errors.ts';
import {type Connection, createConnection} from '../driver/connection.ts';
import type {Driver, StatementsDriver} from '../driver/driver.ts';
import type {Dialect} from '../sql/dialect.ts';
import {dialects} from '../sql/dialects.ts';
import {type SqlRow, type SqlValue, statement} from '../sql/statement.ts';
import {catchError, createRuleTest, type SuiteOptions, type SuitePlace} from './test-runner.ts';

export interface OpenDriver {
  readonly driver: Driver;
  /** Closes the handle, as the application would. */
  close(): void | Promise<void>;
}

/** A database that a test has to itself. */
export interface DriverPlace extends SuitePlace {
  /** Opens one more handle on the database. */
  open(mode: 'read-write' | 'read-only'): OpenDriver | Promise<OpenDriver>;
  /** Makes the database, which is closed, something that is not one. */
  damage(): void | Promise<void>;
}

const PETS = 'CREATE TABLE pets (id TEXT PRIMARY KEY NOT NULL, name TEXT)';
const insertPet = ({placeholder}: Dialect, id: SqlValue, name: SqlValue) =>
  statement(`INSERT INTO pets (id, name) VALUES (${placeholder(1)}, ${placeholder(2)})`, [id, name]);

const BYTES_TYPE = {sqlite: 'BLOB', postgres: 'bytea'} as const;

// Runs `work` while the driver holds the lock for writing, and commits.
const whileLocked = async (
  driver: Driver,
  work: (query: StatementsDriver['query']) => Promise<void>,
): Promise<void> => {
  const {beginWrite, commit, rollback} = dialects[driver.dialect];
  const lock = LOCK[driver.dialect];
  const lockAndWork = async (query: StatementsDriver['query']) => {
    lock === undefined || (await query(statement(lock)));
    await work(query);
  };
  if (driver.kind === 'statements' && driver.transact !== undefined) {
    return driver.transact('write', lockAndWork);
  }
  const run = async (query: StatementsDriver['query']) => {
    await query(statement(beginWrite));
    try {
      await lockAndWork(query);
    } catch (error) {
      await query(statement(rollback));
      throw error;
    }
    await query(statement(commit));
  };
  // Where a handle is one connection, nothing is pinned: some hosts let the pinned ones of all handles wait for one another.
  return driver.kind === 'statements' && driver.pin !== undefined && driver.hasOneConnection === false
    ? driver.pin(run)
    : run(async (sent) => driver.query(sent));
};

// What locks out other writers, where beginning to write does not; and what has SQLite itself not wait for a lock.
const LOCK = {sqlite: undefined, postgres: 'LOCK TABLE pets NOWAIT'} as const;
const beImpatient = async (driver: Driver): Promise<void> => {
  driver.dialect === 'sqlite' && (await driver.query(statement('PRAGMA busy_timeout = 0')));
};

/** Certifies a driver: `driverSuite({name, create, skip, runner: {describe, test, expect}})`. */
export const driverSuite = (options: SuiteOptions<DriverPlace>): void => {
  const {name, runner} = options;
  const {expect} = runner;
  const rule = createRuleTest(options);

  const query = async (driver: Driver, sql: string, params: readonly SqlValue[] = []) =>
    driver.query(statement(sql, params));
  const plain = (rows: readonly SqlRow[]) => rows.map((row) => ({...row}));

  runner.describe(`driver ${name}`, () => {
    rule('[DR1] answers with rows by column name, and with none where there are none', async (place) => {
      const {driver} = await place.open('read-write');
      expect(await query(driver, PETS)).toEqual([]);
      expect(await query(driver, "INSERT INTO pets VALUES ('fido', 'Fido')")).toEqual([]);
      expect(plain(await query(driver, 'SELECT id, name AS "Name", 1 AS "one" FROM pets'))).toEqual([
        {id: 'fido', Name: 'Fido', one: 1},
      ]);
      expect(await query(driver, 'SELECT id FROM pets WHERE 1 = 0')).toEqual([]);
      if (driver.hasReturning === false) {
        return;
      }
      const returned = await query(driver, "INSERT INTO pets VALUES ('felix', NULL) RETURNING id, name");
      expect(plain(returned)).toEqual([{id: 'felix', name: null}]);
      expect(await query(driver, "UPDATE pets SET name = 'x' WHERE id = 'nobody' RETURNING id")).toEqual([]);
    });

    rule('[DR2] brings text, numbers, null and bytes back as they went in', async (place) => {
      const {driver} = await place.open('read-write');
      const values: SqlValue[] = ['', 'text', '1', '😀 ä', 'x'.repeat(100_000), 0, 1, -1, 1.5, 1e300, 5e-324];
      values.push(Number.MAX_SAFE_INTEGER, 2 ** 60, null);
      const dialect = dialects[driver.dialect];
      const {counterType, columnTypes} = dialect;
      await query(
        driver,
        `CREATE TABLE things (n ${counterType}, kind TEXT, text ${columnTypes.text}, number ${columnTypes.number}, bytes ${BYTES_TYPE[driver.dialect]})`,
      );
      const insert = (column: string, value: SqlValue) =>
        query(
          driver,
          `INSERT INTO things (kind, ${column}) VALUES (${dialect.placeholder(1)}, ${dialect.placeholder(2)})`,
          [column, value],
        );
      for (const value of values) {
        await insert(typeof value === 'number' ? 'number' : 'text', value);
      }
      const rows = await query(driver, 'SELECT kind, text, number FROM things ORDER BY n');
      expect(rows.map(({kind, text, number}) => (kind === 'text' ? text : number))).toEqual(values);

      await insert('bytes', new Uint8Array([0, 1, 255]));
      const [bytes] = await query(driver, 'SELECT bytes AS "bytes" FROM things WHERE bytes IS NOT NULL');
      expect([...((bytes?.bytes ?? []) as Uint8Array)]).toEqual([0, 1, 255]);
    });

    rule('[DR3] runs statements as long, and with as many parameters, as its limits allow', async (place) => {
      const {driver} = await place.open('read-write');
      const {maxParams, maxSqlBytes} = driver.limits;
      const params = Array.from({length: maxParams}, (_, index) => index);
      const places = params.map((_, index) => dialects[driver.dialect].placeholder(index + 1));
      const sql = `SELECT count(*) AS "count" FROM (SELECT 1 WHERE 0 IN (${places.join(',')})) AS found`;
      expect((await query(driver, sql, params)).map(({count}) => Number(count))).toEqual([1]);

      const [start, end] = ["SELECT '", `' AS "text"`];
      const text = 'x'.repeat(maxSqlBytes - start.length - end.length);
      const [row] = await query(driver, start + text + end);
      expect(String(row?.text).length).toBe(text.length);
    });

    rule('[DR4] tells a constraint, and what is missing, from other faults', async (place) => {
      const {driver} = await place.open('read-write');
      const {classify} = dialects[driver.dialect];
      const fault = async (sql: string) => classify(await catchError(() => query(driver, sql)));
      await query(driver, PETS);
      await query(driver, "INSERT INTO pets VALUES ('fido', 'Fido')");
      expect(await fault("INSERT INTO pets VALUES ('fido', 'Fido')")).toBe('constraint');
      expect(await fault('INSERT INTO pets VALUES (NULL, NULL)')).toBe('constraint');
      expect(await fault('SELECT * FROM houses')).toBe('missing');
      expect(await fault('SELECT colour FROM pets')).toBe('missing');
      expect(await fault('INSERT INTO pets (id, colour) VALUES (1, 2)')).toBe('missing');
      expect(await fault('SELEKT')).toBe('other');
    });

    rule('[DR4] tells that the database is full', async (place) => {
      const {driver} = await place.open('read-write');
      await query(driver, PETS);
      await query(driver, 'PRAGMA max_page_count = 10');
      const error = await catchError(() =>
        query(driver, 'INSERT INTO pets VALUES (1, ?)', ['x'.repeat(1e5)]),
      );
      expect(dialects[driver.dialect].classify(error)).toBe('full');
    });

    rule('[DR4] tells that another handle holds the lock', async (place) => {
      const {driver} = await place.open('read-write');
      const {driver: other} = await place.open('read-write');
      await query(driver, PETS);
      await beImpatient(other);
      let error: unknown;
      await whileLocked(driver, async () => {
        error = await catchError(() => whileLocked(other, async () => undefined));
      });
      expect(dialects[other.dialect].classify(error)).toBe('busy');
      await whileLocked(other, async () => undefined);
    });

    rule('[DR4] tells that the handle is read-only', async (place) => {
      const {driver, close} = await place.open('read-write');
      await query(driver, PETS);
      await close();
      const {driver: reader} = await place.open('read-only');
      const error = await catchError(() => query(reader, "INSERT INTO pets VALUES ('fido', 'Fido')"));
      expect(dialects[reader.dialect].classify(error)).toBe('read-only');
      expect(await query(reader, 'SELECT * FROM pets')).toEqual([]);
    });

    rule('[DR4] tells that the handle is closed', async (place) => {
      const {driver, close} = await place.open('read-write');
      await close();
      const error = await catchError(() => query(driver, 'SELECT 1'));
      expect(dialects[driver.dialect].classify(error)).toBe('closed');
    });

    rule('[DR4] tells that the file is no database', async (place) => {
      const {driver, close} = await place.open('read-write');
      await query(driver, PETS);
      await close();
      await place.damage();
      const {driver: reader} = await place.open('read-write');
      const error = await catchError(() => query(reader, 'SELECT * FROM pets'));
      expect(dialects[reader.dialect].classify(error)).toBe('corrupt');
    });

    connectionRules(options, rule);
  });
};

const connectionRules = (
  {runner: {expect}}: SuiteOptions<DriverPlace>,
  rule: ReturnType<typeof createRuleTest<DriverPlace>>,
): void => {
  const names = async (connection: Connection) =>
    (await connection.query(statement('SELECT name FROM pets ORDER BY name'))).map((row) => row.name);

  const openPets = async (place: DriverPlace) => {
    const {driver} = await place.open('read-write');
    const connection = createConnection(driver);
    await connection.query(statement(PETS));
    const insert = (id: SqlValue, petName: SqlValue) => insertPet(connection.dialect, id, petName);
    return {connection, driver, insert};
  };

  rule('[CN1] runs what it is asked for in order, one transaction at a time', async (place) => {
    const {connection, insert} = await openPets(place);
    const order: string[] = [];
    const transaction = (name: string) =>
      connection
        .transaction('write', function* () {
          order.push(`${name} begins`);
          yield insert(name, name);
          yield insert(`${name}2`, `${name}2`);
          order.push(`${name} ends`);
        })
        .then(() => order.push(`${name} is done`));
    const found = names(connection);
    const work = [transaction('a'), transaction('b'), connection.apply(() => [insert('c', 'c')])];
    expect(await found).toEqual([]);
    await Promise.all(work);
    expect(order.filter((what) => !what.endsWith('is done'))).toEqual([
      'a begins',
      'a ends',
      'b begins',
      'b ends',
    ]);
    expect(await names(connection)).toEqual(['a', 'a2', 'b', 'b2', 'c']);
  });

  rule('[CN1] hands each statement’s rows to the body, and its result to the caller', async (place) => {
    const {connection, insert} = await openPets(place);
    const {result, before, after} = await connection.transaction(
      'write',
      function* () {
        yield insert('fido', 'Fido');
        const rows = yield statement('SELECT count(*) AS "count" FROM pets');
        return Number(rows[0]?.count);
      },
      statement('SELECT count(*) AS "count" FROM pets'),
    );
    expect([result, Number(before[0]?.count), Number(after[0]?.count)]).toEqual([1, 0, 1]);
  });

  rule('[CN2] leaves nothing behind where the body throws, or a statement fails', async (place) => {
    const {connection, insert} = await openPets(place);
    const thrown = await catchError(() =>
      connection.transaction('write', function* () {
        yield insert('fido', 'Fido');
        throw new RangeError('no');
      }),
    );
    expect(thrown instanceof RangeError).toBe(true);
    const failed = await catchError(() =>
      connection.apply(() => [insert('fido', 'Fido'), insert('fido', 'Fido')]),
    );
    expect(isHoldfastError(failed, 'driver/constraint')).toBe(true);
    expect(await names(connection)).toEqual([]);
    await connection.apply(() => [insert('fido', 'Fido')]);
    expect(await names(connection)).toEqual(['Fido']);
  });

  rule('[CN2] rolls back an interactive transaction whose body rejects', async (place) => {
    const {connection, insert} = await openPets(place);
    const error = await catchError(() =>
      connection.interactive(async (query) => {
        await query(insert('fido', 'Fido'));
        await query(statement('SELECT * FROM nowhere'));
      }),
    );
    expect(isHoldfastError(error, 'driver/missing')).toBe(true);
    expect(await names(connection)).toEqual([]);
    const count = await connection.interactive(async (query) => {
      await query(insert('fido', 'Fido'));
      return (await query(statement('SELECT * FROM pets'))).length;
    });
    expect(count).toBe(1);
    expect(await names(connection)).toEqual(['Fido']);
  });

  rule(
    '[CN3] runs a transaction in one synchronous block where the driver answers at once',
    async (place) => {
      const {connection, driver, insert} = await openPets(place);
      if (driver.kind !== 'host') {
        return;
      }
      let isInside = false;
      let turnsInside = 0;
      const turn = async () => {
        for (let count = 0; count < 20; count++) {
          await undefined;
          turnsInside += isInside ? 1 : 0;
        }
      };
      const turns = turn();
      await connection.transaction('write', function* () {
        isInside = true;
        for (let count = 0; count < 10; count++) {
          yield insert(`${count}`, null);
        }
        isInside = false;
      });
      await turns;
      expect(turnsInside).toBe(0);
    },
  );

  rule('[CN4] waits for a locked database as long as it may, and then says so', async (place) => {
    const {driver, insert} = await openPets(place);
    const {driver: other} = await place.open('read-write');
    await beImpatient(other);
    const impatient = createConnection(other, {busyTimeoutMs: 30});
    const patient = createConnection(other, {busyTimeoutMs: 60_000});

    let error: unknown;
    let waiting: Promise<void> | undefined;
    await whileLocked(driver, async (query) => {
      error = await catchError(() => impatient.apply(() => [insert('felix', 'Felix')]));
      waiting = patient.apply(() => [insert('felix', 'Felix')]);
      await query(insert('fido', 'Fido'));
    });
    await waiting;
    expect(isHoldfastError(error, 'driver/busy')).toBe(true);
    expect(String(error).includes('busyTimeoutMs')).toBe(true);
    expect(await names(patient)).toEqual(['Felix', 'Fido']);
  });

  rule('[CN5] names the fault and the SQL, and never the parameters', async (place) => {
    const {connection, insert} = await openPets(place);
    await connection.query(insert('secret', 'top secret'));
    const error = await catchError(() => connection.query(insert('secret', 'top secret')));
    if (!isHoldfastError(error)) {
      throw new TypeError('Not an error of this package');
    }
    expect([error.code, error.details.fault]).toEqual(['driver/constraint', 'constraint']);
    expect(error.details.sql).toBe(insert('', '').sql);
    expect(error.cause instanceof Error).toBe(true);
    expect(`${error.message} ${JSON.stringify(error.details)}`.includes('secret')).toBe(false);
  });

  rule('[CN6] tells of every statement and counts it', async (place) => {
    const {driver} = await place.open('read-write');
    const told: [string, unknown[] | undefined][] = [];
    const connection = createConnection(driver, {onSqlCommand: (sql, params) => told.push([sql, params])});
    const {beginWrite, limitWait} = connection.dialect;
    const limits = [limitWait(5_000)].flatMap((limit) => limit?.sql ?? []);
    const insert = (id: SqlValue, petName: SqlValue) => insertPet(connection.dialect, id, petName);
    await connection.query(statement(PETS));
    await connection.apply(() => [insert('fido', 'Fido')]);
    await catchError(() => connection.apply(() => [insert('fido', 'Fido')]));
    const sql = insert('', '').sql;
    const expected =
      driver.kind === 'batch' ||
      (driver.kind === 'statements' && driver.transact !== undefined) ||
      (driver.kind === 'host' && driver.wrap !== undefined)
        ? [PETS, ...limits, sql, ...limits, sql]
        : [PETS, beginWrite, ...limits, sql, 'COMMIT', beginWrite, ...limits, sql, 'ROLLBACK'];
    expect(told.map(([each]) => each)).toEqual(expected);
    expect(told.find(([each]) => each === sql)?.[1]).toEqual(['fido', 'Fido']);
    const {statementCount, byteCount} = connection.getStats();
    expect(statementCount).toBe(expected.length);
    expect(byteCount).toBe(expected.join('').length + 2 * 'fidoFido'.length);
  });
};
