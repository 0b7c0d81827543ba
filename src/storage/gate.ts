// What every SQL layout passes before it reads or writes: migration the first time, and from then on a look at the stored
// version, for newer code may have migrated meanwhile. Knows nothing of layouts beyond how they are migrated.

import type {Connection} from '../driver/connection.ts';
import {type MigratableLayout, type Migrations, migrate, readStamp} from './migration.ts';

export interface Gate {
  /** Resolves when the stored data is of the version that the code expects. */
  pass(): Promise<void>;
}

export const createGate = (
  connection: Connection,
  layout: MigratableLayout,
  {schemaVersion, migrate: steps}: {readonly schemaVersion: number | undefined; readonly migrate: Migrations},
): Gate => {
  let isOpen = false;
  return {
    pass: async () => {
      if (schemaVersion === undefined) {
        return;
      }
      const stamp = isOpen ? await readStamp(connection, layout.scope) : undefined;
      if (!isOpen || (stamp !== undefined && stamp !== schemaVersion)) {
        isOpen = false;
        await migrate(connection, layout, schemaVersion, steps);
        isOpen = true;
      }
    },
  };
};
