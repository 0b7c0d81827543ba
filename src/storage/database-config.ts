// The configuration of a database persister: its types as the documentation names them, and what they mean once the
// defaults are in. Refuses what is misspelt. Knows nothing of SQL.

import type {Id} from '../base/content.ts';
import {HoldfastError} from '../base/errors.ts';
import type {Migrations} from './migration.ts';
import {checkOptions, closest, type OptionType} from './options.ts';

interface DpcCommon {
  /** How often to ask the database for changes made by others, beside being told of them; default 1. */
  autoLoadIntervalSeconds?: number;
  /**
   * The version of the data's shape that this code expects; without it, versions are neither read nor written. All
   * `tabular` data of a database has one version together; `json` and `rows` data has one by the name of its table.
   */
  schemaVersion?: number;
  /** A step for each version that stored data can be brought to: `{2: (tx) => …, 3: (tx) => …}`. */
  migrate?: Migrations;
  /** How long to wait for a locked database, in milliseconds; default 5,000. */
  busyTimeoutMs?: number;
}

/** The whole content as JSON in one row. */
export interface DpcJson extends DpcCommon {
  mode: 'json';
  /** Default `tinybase`. */
  storeTableName?: string;
  /** Default `_id`. */
  storeIdColumnName?: string;
  /** Default `store`. */
  storeColumnName?: string;
}

/** Tables of the store as tables of the database. Nothing is loaded or saved that is not named here. */
export interface DpcTabular extends DpcCommon {
  mode: 'tabular';
  tables?: {load?: DpcTabularLoad; save?: DpcTabularSave};
  values?: DpcTabularValues;
}

/** One database row a row of the store, its cells as JSON: quick to save a change of, and to load. */
export interface DpcRows extends DpcCommon {
  mode: 'rows';
  /** Default `holdfast`; the log of changes lies beside it, in `holdfast_log`. */
  storeTableName?: string;
}

export type DatabasePersisterConfig = DpcJson | DpcTabular | DpcRows;

/**
 * The mode `rows` by the name that TinyBase has for the idea: the table is `holdfast` behind the prefix. Where there is
 * none yet, and TinyBase's tables of that prefix are there, their content is taken over; they stay as they are.
 */
export interface DpcFragmented extends DpcCommon {
  mode: 'fragmented';
  /** Goes before the names of tables; encoded unless it is of lower-case ASCII letters, digits and `_`. Default none. */
  storagePrefix?: string;
}

/** A SQL condition that names the table by the placeholder `$tableName`, or `true`. */
export type DpcTabularCondition = `${string}$tableName${string}` | 'true';

/**
 * By the name of the database table: the table of the store that it is loaded into. In PostgreSQL `shop.pets` is the table of
 * another schema, and a name that has a dot in itself stands in double quotes, `"v1.pets"` or `shop."v1.pets"`, here and wherever
 * a table is named.
 */
export type DpcTabularLoad = {
  [tableName: string]: {tableId: Id; rowIdColumnName?: string; condition?: DpcTabularCondition} | Id;
};

/**
 * By the id of the store's table: the database table that it is saved to. Where rows of one table refer to those of another, name
 * the one that is referred to first.
 */
export type DpcTabularSave = {
  [tableId: Id]:
    | {
        tableName: string;
        rowIdColumnName?: string;
        deleteEmptyColumns?: boolean;
        deleteEmptyTable?: boolean;
        condition?: DpcTabularCondition;
      }
    | string;
};

/** Which values are loaded and saved: all, or the ones listed. */
export type DpcTabularValues = {
  load?: boolean | DpcTabularValuesIn;
  save?: boolean | DpcTabularValuesIn;
  /** Default `tinybase_values`. */
  tableName?: string;
};

export type DpcTabularValuesIn = Id[];

interface TabularLoad {
  readonly tableName: string;
  readonly tableId: Id;
  readonly rowIdColumnName: string;
  readonly condition: string | undefined;
}

export interface TabularSave extends TabularLoad {
  readonly deleteEmptyColumns: boolean;
  readonly deleteEmptyTable: boolean;
}

interface ResolvedCommon {
  readonly autoLoadIntervalSeconds: number;
  readonly busyTimeoutMs: number | undefined;
  readonly schemaVersion: number | undefined;
  readonly migrate: Migrations;
}

export interface ResolvedJson extends ResolvedCommon {
  readonly mode: 'json';
  readonly storeTableName: string;
  readonly storeIdColumnName: string;
  readonly storeColumnName: string;
}

export interface ResolvedTabular extends ResolvedCommon {
  readonly mode: 'tabular';
  readonly load: readonly TabularLoad[];
  readonly save: readonly TabularSave[];
  readonly valuesLoad: boolean | readonly Id[];
  readonly valuesSave: boolean | readonly Id[];
  readonly valuesTableName: string;
}

export interface ResolvedRows extends ResolvedCommon {
  readonly mode: 'rows';
  readonly storeTableName: string;
  /** The prefix, encoded, of the tables of TinyBase's fragmented mode whose content is taken over. */
  readonly fragmentsPrefix?: string;
}

export type ResolvedConfig = ResolvedJson | ResolvedTabular | ResolvedRows;

const COMMON_OPTIONS = {
  mode: ['string'],
  autoLoadIntervalSeconds: ['number'],
  schemaVersion: ['number'],
  migrate: ['object'],
  busyTimeoutMs: ['number'],
} as const satisfies Record<string, readonly OptionType[]>;

const MODES = ['json', 'tabular', 'rows'];
const DEFAULT_ROW_ID_COLUMN = '_id';

/** The configuration with its defaults; a string is the name of a json table. */
export const resolveDatabaseConfig = (
  config: DatabasePersisterConfig | DpcFragmented | string | undefined,
): ResolvedConfig => {
  if (config === undefined || typeof config === 'string') {
    return resolveJson({mode: 'json', ...(config === undefined ? {} : {storeTableName: config})});
  }
  if (typeof config !== 'object' || config === null) {
    throw new HoldfastError(
      'argument/invalid',
      `A persister's configuration is an object or the name of a table, not ${typeof config}`,
    );
  }
  switch (config.mode) {
    case 'json':
      return resolveJson(config);
    case 'tabular':
      return resolveTabular(config);
    case 'rows':
      return resolveRows(config);
    case 'fragmented':
      return resolveFragmented(config);
    default: {
      const meant = closest(String((config as {mode?: unknown}).mode), MODES);
      throw new HoldfastError(
        'argument/invalid',
        `Unknown mode "${String((config as {mode?: unknown}).mode)}" in a persister's configuration; ` +
          (meant === undefined ? `it is one of ${MODES.join(', ')}` : `"${meant}" may be meant`),
      );
    }
  }
};

const resolveCommon = (config: DpcCommon): ResolvedCommon => {
  const {autoLoadIntervalSeconds = 1, schemaVersion, migrate = {}, busyTimeoutMs} = config;
  if (!(autoLoadIntervalSeconds > 0)) {
    throw new HoldfastError(
      'argument/invalid',
      `autoLoadIntervalSeconds must be above 0, and is ${autoLoadIntervalSeconds}`,
    );
  }
  if (schemaVersion !== undefined && !(Number.isInteger(schemaVersion) && schemaVersion >= 1)) {
    throw new HoldfastError(
      'argument/invalid',
      `schemaVersion must be a whole number from 1, and is ${schemaVersion}`,
    );
  }
  for (const version of Object.keys(migrate)) {
    if (schemaVersion === undefined || !(Number(version) >= 2 && Number(version) <= schemaVersion)) {
      throw new HoldfastError(
        'argument/invalid',
        `migrate has a step to version ${version}, and schemaVersion is ${schemaVersion ?? 'not set'}; steps lead to versions 2 to schemaVersion`,
      );
    }
  }
  return {autoLoadIntervalSeconds, schemaVersion, migrate, busyTimeoutMs};
};

const resolveJson = (config: DpcJson): ResolvedJson => {
  checkOptions('a persister\'s configuration of mode "json"', config, {
    ...COMMON_OPTIONS,
    storeTableName: ['string'],
    storeIdColumnName: ['string'],
    storeColumnName: ['string'],
  });
  return {
    ...resolveCommon(config),
    mode: 'json',
    storeTableName: config.storeTableName ?? 'tinybase',
    storeIdColumnName: config.storeIdColumnName ?? DEFAULT_ROW_ID_COLUMN,
    storeColumnName: config.storeColumnName ?? 'store',
  };
};

const resolveRows = (config: DpcRows): ResolvedRows => {
  checkOptions('a persister\'s configuration of mode "rows"', config, {
    ...COMMON_OPTIONS,
    storeTableName: ['string'],
  });
  return {...resolveCommon(config), mode: 'rows', storeTableName: config.storeTableName ?? 'holdfast'};
};

const resolveFragmented = (config: DpcFragmented): ResolvedRows => {
  checkOptions('a persister\'s configuration of mode "fragmented"', config, {
    ...COMMON_OPTIONS,
    storagePrefix: ['string'],
  });
  const prefix = encodePrefix(config.storagePrefix ?? '');
  return {
    ...resolveCommon(config),
    mode: 'rows',
    storeTableName: `${prefix}holdfast`,
    fragmentsPrefix: prefix,
  };
};

// As TinyBase does, so that no two prefixes are one to SQL: each UTF-16 unit by its number.
const encodePrefix = (prefix: string): string =>
  /^[a-z0-9_]*$/.test(prefix)
    ? prefix
    : `$tinybase$${Array.from({length: prefix.length}, (_, index) => `$${prefix.charCodeAt(index).toString(16).padStart(4, '0')}`).join('')}$`;

const resolveTabular = (config: DpcTabular): ResolvedTabular => {
  checkOptions('a persister\'s configuration of mode "tabular"', config, {
    ...COMMON_OPTIONS,
    tables: ['object'],
    values: ['object'],
  });
  checkOptions('"tables" of a tabular configuration', config.tables ?? {}, {
    load: ['object'],
    save: ['object'],
  });
  checkOptions('"values" of a tabular configuration', config.values ?? {}, {
    load: ['boolean', 'array'],
    save: ['boolean', 'array'],
    tableName: ['string'],
  });
  const load = resolveLoad(config.tables?.load ?? {});
  return {
    ...resolveCommon(config),
    mode: 'tabular',
    load,
    save: resolveSave(config.tables?.save ?? {}, load),
    valuesLoad: config.values?.load ?? false,
    valuesSave: config.values?.save ?? false,
    valuesTableName: config.values?.tableName ?? 'tinybase_values',
  };
};

const resolveLoad = (tables: DpcTabularLoad): readonly TabularLoad[] =>
  Object.entries(tables).map(([tableName, table]) => {
    const options = typeof table === 'string' ? {tableId: table} : table;
    checkOptions(`tables.load of "${tableName}"`, options, {
      tableId: ['string'],
      rowIdColumnName: ['string'],
      condition: ['string'],
    });
    if (typeof options.tableId !== 'string') {
      throw new HoldfastError('argument/invalid', `tables.load of "${tableName}" needs a tableId`);
    }
    return {
      tableName,
      tableId: options.tableId,
      rowIdColumnName: options.rowIdColumnName ?? DEFAULT_ROW_ID_COLUMN,
      condition: checkCondition(options.condition, tableName),
    };
  });

const resolveSave = (tables: DpcTabularSave, loads: readonly TabularLoad[]): readonly TabularSave[] =>
  Object.entries(tables).map(([tableId, table]) => {
    const options = typeof table === 'string' ? {tableName: table} : table;
    checkOptions(`tables.save of "${tableId}"`, options, {
      tableName: ['string'],
      rowIdColumnName: ['string'],
      deleteEmptyColumns: ['boolean'],
      deleteEmptyTable: ['boolean'],
      condition: ['string'],
    });
    const {tableName} = options;
    if (typeof tableName !== 'string') {
      throw new HoldfastError('argument/invalid', `tables.save of "${tableId}" needs a tableName`);
    }
    const load = loads.find((other) => other.tableName === tableName);
    return {
      tableName,
      tableId,
      rowIdColumnName: options.rowIdColumnName ?? DEFAULT_ROW_ID_COLUMN,
      deleteEmptyColumns: options.deleteEmptyColumns ?? false,
      deleteEmptyTable: options.deleteEmptyTable ?? false,
      condition: checkCondition(options.condition, tableName) ?? load?.condition,
    };
  });

const checkCondition = (condition: string | undefined, tableName: string): string | undefined => {
  if (condition === undefined || condition === 'true') {
    return undefined;
  }
  if (!condition.includes('$tableName')) {
    throw new HoldfastError(
      'argument/invalid',
      `The condition for "${tableName}" must name the table by the placeholder $tableName, as in "$tableName.sold = 0"`,
    );
  }
  return condition;
};
