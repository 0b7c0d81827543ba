// What every SQL layout passes before its first statement: the check of the stored version, and migration. A check
// that failed is made again the next time. Knows nothing of layouts beyond how they are migrated.

import type {Connection} from '../driver/connection.ts';
import {type MigratableLayout, type Migrations, migrate} from './migration.ts';

export interface Gate {
  /** Resolves when the stored data is of the version that the code expects. */
  pass(): Promise<void>;
}

export const createGate = (
  connection: Connection,
  layout: MigratableLayout,
  {schemaVersion, migrate: steps}: {readonly schemaVersion: number | undefined; readonly migrate: Migrations},
): Gate => {
  let isOpen = schemaVersion === undefined;
  return {
    pass: async () => {
      if (!isOpen && schemaVersion !== undefined) {
        await migrate(connection, layout, schemaVersion, steps);
        isOpen = true;
      }
    },
  };
};
