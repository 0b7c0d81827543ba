// The three layouts as the suites configure and open them, over any driver. Knows no platform: pages of browsers import it too.

import {createDatabaseStorage} from '../../src/storage/create-layout.ts';
import {suiteConfigOf, suiteModes} from '../../src/testing/suite-config.ts';

export type LayoutName = (typeof suiteModes)[number];

export const layoutNames: readonly LayoutName[] = suiteModes;

/** A configuration that keeps these tables and all values. */
export const configOf = suiteConfigOf;

export const openLayout = createDatabaseStorage;
