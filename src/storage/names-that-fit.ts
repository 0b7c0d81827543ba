// Refuses names of tables and keys that a database would cut: two long ones would be one, then. Columns of cells need no
// such care, for those of long names are given others.

import {HoldfastError} from '../base/errors.ts';
import type {DialectName} from '../sql/dialect.ts';
import {dialects} from '../sql/dialects.ts';
import {byteLength} from './byte-length.ts';
import type {ResolvedConfig} from './database-config.ts';

/** Throws `argument/invalid` where a name of the configuration has more bytes than the database keeps of one. */
export const requireNamesThatFit = (dialectName: DialectName, config: ResolvedConfig): void => {
  const {maxNameBytes, partsOfName} = dialects[dialectName];
  for (const [name, suffix] of namesOf(config)) {
    for (const part of partsOfName(name)) {
      if (byteLength(part + suffix) > maxNameBytes) {
        throw new HoldfastError(
          'argument/invalid',
          `The name "${part}" has ${byteLength(part)} bytes, and the database keeps ${maxNameBytes - suffix.length} of it; give a shorter one`,
          {name: part, maxBytes: maxNameBytes - suffix.length},
        );
      }
    }
  }
};

// Names, and what is added to them for tables that lie beside.
const namesOf = (config: ResolvedConfig): readonly (readonly [name: string, suffix: string])[] => {
  switch (config.mode) {
    case 'json':
      return [config.storeTableName, config.storeIdColumnName, config.storeColumnName].map((name) => [
        name,
        '',
      ]);
    case 'rows':
      return [[config.storeTableName, '_quarantine']];
    case 'tabular': {
      const {load, save, valuesLoad, valuesSave, valuesTableName} = config;
      const tables = [...load, ...save].flatMap(({tableName, rowIdColumnName}) => [
        tableName,
        rowIdColumnName,
      ]);
      const values = valuesLoad === false && valuesSave === false ? [] : [valuesTableName];
      return [...tables, ...values].map((name) => [name, '']);
    }
  }
};
