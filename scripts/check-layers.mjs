// Checks that arrows between the folders of src/ point down, and that what belongs to a platform stands in leaves.
// `node scripts/check-layers.mjs [root]`. Prints every finding; exits 1 when there is one.
import {globSync, readFileSync} from 'node:fs';
import {dirname, join, posix} from 'node:path';
import {parseSync, Visitor} from 'oxc-parser';
import {ROOT} from './run.mjs';

/** From the top down. A folder imports from itself and from the lines below; folders on one line never from each other. */
const LAYERS = [
  ['entry'],
  ['testing'],
  ['cli', 'inspector', 'react'],
  ['sync'],
  ['store', 'collection'],
  ['persister'],
  ['storage'],
  ['coordinator'],
  ['driver'],
  ['merge'],
  ['sql'],
  ['base'],
];

/**
 * The files that may touch a platform (its globals, `node:` modules, packages), each with the reason.
 * They are imported by `entry`, by tests and by one another alone. A fake (`*.fake.ts`) counts as a test.
 */
const LEAVES = {
  'cli/cli-error.ts': 'the program holdfast, which runs on Node',
  'cli/arguments.ts': 'the program holdfast, which runs on Node',
  'cli/heartbeat.ts': 'the program holdfast, which runs on Node',
  'cli/import-package.ts': 'the program holdfast, which runs on Node',
  'cli/log.ts': 'the program holdfast, which runs on Node',
  'cli/main.ts': 'the program holdfast, which runs on Node',
  'cli/open-store.ts': 'the program holdfast, which runs on Node',
  'cli/path-table.ts': 'the program holdfast, which runs on Node',
  'cli/serve.ts': 'the program holdfast, which runs on Node',
  'cli/token.ts': 'the program holdfast, which runs on Node',
  'driver/better-sqlite3-driver.ts': 'better-sqlite3, which runs on Node',
  'driver/libsql-driver.ts': '@libsql/client',
  'driver/database-file-watch.ts': 'watches the file of a database, where the host is Node or Bun',
  'driver/sqlite-bun-driver.ts': 'bun:sqlite',
  'driver/sqlite-node-driver.ts': 'node:sqlite',
  'driver/sqlite-wasm-driver.ts': '@sqlite.org/sqlite-wasm, in browsers and elsewhere',
  'driver/wa-sqlite-driver.ts': '@journeyapps/wa-sqlite',
  'driver/capacitor-sqlite-driver.ts': '@capacitor-community/sqlite',
  'driver/expo-sqlite-driver.ts': 'expo-sqlite',
  'driver/cr-sqlite-wasm-driver.ts': '@vlcn.io/crsqlite-wasm',
  'driver/powersync-driver.ts': 'PowerSync',
  'driver/durable-object-sql-driver.ts': 'Durable Objects of Cloudflare’s Workers',
  'driver/electric-sql-driver.ts': 'electric-sql',
  'driver/pool-transactions.ts': 'waits as long as its host’s clock says',
  'driver/tauri-sql-driver.ts': '@tauri-apps/plugin-sql',
  'driver/op-sqlite-driver.ts': '@op-engineering/op-sqlite',
  'driver/react-native-sqlite-driver.ts': 'react-native-sqlite-storage',
  'driver/pg-driver.ts': 'pg, which runs on Node',
  'driver/pglite-driver.ts': '@electric-sql/pglite',
  'driver/postgres-driver.ts': 'postgres',
  'driver/sqlite3-driver.ts': 'sqlite3, which runs on Node',
  'driver/expose-driver.ts': 'ports between pages and workers',
  'driver/remote-driver.ts': 'ports between pages and workers',
  'driver/web-life.ts': 'locks between the pages and workers of a browser',
  'storage/durable-object-keys.ts': 'Durable Objects of Cloudflare’s Workers',
  'storage/durable-object-takeover.ts': 'Durable Objects of Cloudflare’s Workers',
  'storage/durable-object-storage.ts': 'Durable Objects of Cloudflare’s Workers',
  'sync/durable-object-server.ts': 'Durable Objects of Cloudflare’s Workers',
  'sync/reconnecting-web-socket.ts': 'WebSocket of browsers and others, and when a device is online again',
  'sync/broadcast-channel-synchronizer.ts': 'BroadcastChannel of browsers and others',
  'storage/file-lock.ts': 'files of Node',
  'storage/file-storage.ts': 'files of Node',
  'storage/indexed-db-kind.ts': 'IndexedDB of browsers',
  'storage/indexed-db-packs.ts': 'IndexedDB of browsers',
  'storage/indexed-db-reader.ts': 'IndexedDB of browsers',
  'storage/indexed-db-storage.ts': 'IndexedDB of browsers',
  'storage/indexed-db-upgrade.ts': 'IndexedDB of browsers',
  'storage/indexed-db-writer.ts': 'IndexedDB of browsers',
  'storage/indexed-db.ts': 'IndexedDB of browsers',
  'storage/opfs-storage.ts': 'the origin private file system of browsers',
  'storage/web-lock.ts': 'locks between the tabs of a browser',
  'storage/web-topic.ts': 'BroadcastChannel of browsers and others',
  'storage/web-storage.ts': 'session and local storage of browsers',
};

/** The files that may name these globals, each with the reason; every layer may import them, and they import no package. */
const PORTS = {
  'base/ids.ts': {
    globals: ['globalThis', 'Math.random'],
    reason: 'random ids, from the host’s crypto where it has one',
  },
  'base/ports.ts': {
    globals: ['Date.now', 'Math.random', 'MessageChannel', 'setTimeout', 'clearTimeout'],
    reason: 'the ports of the host, where every JavaScript host has the same ones',
  },
};

const PLATFORM_GLOBALS = new Set([
  'Buffer',
  'Bun',
  'BroadcastChannel',
  'Deno',
  'MessageChannel',
  'SharedWorker',
  'WebSocket',
  'Worker',
  'XMLHttpRequest',
  'caches',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'crypto',
  'document',
  'fetch',
  'global',
  'globalThis',
  'indexedDB',
  'localStorage',
  'location',
  'navigator',
  'performance',
  'process',
  'require',
  'self',
  'sessionStorage',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'window',
]);
const PLATFORM_MEMBERS = new Set(['Date.now', 'Math.random']);

const root = process.argv[2] ?? ROOT;
const leaves = new Set(process.argv[3]?.split(',').filter(Boolean) ?? Object.keys(LEAVES));
const findings = [];

const layerOf = (path) => {
  const folder = path.split('/')[0];
  const index = LAYERS.findIndex((layer) => layer.includes(folder));
  return path.includes('/') && index >= 0 ? {folder, index} : undefined;
};
const isLeaf = (path) => leaves.has(path);
// Contract suites are published, for others to certify what they write.
const isPublished = (path, target) =>
  path === 'entry/testing.ts' && target.startsWith('testing/') && target.endsWith('.suite.ts');
const isTest = (path) => /\.(test|suite|fake)\.ts$/.test(path);

const paths = globSync('**/*.ts', {cwd: join(root, 'src')})
  .map((path) => path.replaceAll('\\', '/'))
  .sort();
for (const leaf of leaves) {
  if (!paths.includes(leaf)) {
    findings.push(`${leaf}: listed as a leaf, but there is no such file`);
  }
}
for (const path of paths.filter((path) => !isTest(path))) {
  checkFile(path);
}

console.log(
  findings.map((finding) => `src/${finding}`).join('\n') || `${paths.length} files keep to the layers`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

function checkFile(path) {
  const from = layerOf(path);
  const text = readFileSync(join(root, 'src', path), 'utf8');
  const report = (node, message) =>
    findings.push(`${path}:${text.slice(0, node.start).split('\n').length}: ${message}`);
  if (from === undefined) {
    findings.push(`${path}: stands in no layer; the layers are ${LAYERS.flat().join(', ')}`);
    return;
  }
  const {program, errors} = parseSync(path, text);
  if (errors.length > 0) {
    findings.push(`${path}: cannot be parsed: ${errors[0].message}`);
    return;
  }
  const declared = new Set();
  const globals = [];
  const onImport = (node) => {
    const specifier = node.source?.value;
    if (typeof specifier === 'string') {
      checkImport(path, from, specifier, (message) => report(node, message));
    }
  };
  const onFunction = (node) => {
    for (const pattern of [node.id, ...node.params]) {
      declare(pattern, declared);
    }
  };
  new Visitor({
    ImportDeclaration(node) {
      onImport(node);
      for (const {local} of node.specifiers) {
        declared.add(local.name);
      }
    },
    ExportNamedDeclaration: onImport,
    ExportAllDeclaration: onImport,
    ImportExpression: onImport,
    TSImportType: onImport,
    VariableDeclaration: (node) => {
      // `declare const setTimeout: …` names a global, it makes none.
      for (const {id} of node.declare ? [] : node.declarations) {
        declare(id, declared);
      }
    },
    FunctionDeclaration: onFunction,
    FunctionExpression: onFunction,
    ArrowFunctionExpression: onFunction,
    TSDeclareFunction: onFunction,
    MemberExpression: (node) => {
      if (!node.computed && node.object.type === 'Identifier') {
        const name = `${node.object.name}.${node.property.name}`;
        PLATFORM_MEMBERS.has(name) && globals.push({node, name, root: node.object.name});
      }
    },
    NewExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0) {
        globals.push({node, name: 'new Date()', root: 'Date'});
      }
    },
    Identifier: (node) => {
      PLATFORM_GLOBALS.has(node.name) && globals.push({node, name: node.name, root: node.name});
    },
  }).visit(program);
  if (!isLeaf(path)) {
    const names = propertyNames(program);
    for (const {node, name, root} of globals) {
      if (!declared.has(root) && !names.has(node.start) && !PORTS[path]?.globals.includes(name)) {
        report(node, `${name} belongs to the platform; take it as a port, or list the file as a leaf`);
      }
    }
  }
}

function checkImport(path, from, specifier, report) {
  if (!specifier.startsWith('.')) {
    if (!isLeaf(path)) {
      report(`imports ${specifier}; only leaves import from outside the package`);
    }
    return;
  }
  const target = posix.normalize(posix.join(dirname(path).replaceAll('\\', '/'), specifier));
  const to = target.startsWith('..') ? undefined : layerOf(target);
  if (to === undefined) {
    report(`imports ${specifier}, which is outside of the layers`);
  } else if (to.folder !== from.folder && to.index <= from.index) {
    const relation = to.index === from.index ? 'stands beside' : 'stands above';
    report(`${from.folder}/ imports ${target}, but ${to.folder}/ ${relation} it`);
  } else if (isTest(target) && !isPublished(path, target)) {
    report(`imports ${target}, which is for tests`);
  } else if (isLeaf(target) && from.folder !== 'entry' && !isLeaf(path)) {
    report(`imports the leaf ${target}; leaves are for entry/ and for tests`);
  }
}

/** Collects the names that a binding pattern declares. */
function declare(pattern, names) {
  switch (pattern?.type) {
    case 'Identifier':
      names.add(pattern.name);
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        declare(property.type === 'RestElement' ? property : property.value, names);
      }
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) {
        declare(element, names);
      }
      break;
    case 'AssignmentPattern':
      declare(pattern.left, names);
      break;
    case 'RestElement':
      declare(pattern.argument, names);
      break;
    case 'TSParameterProperty':
      declare(pattern.parameter, names);
      break;
  }
}

/** The positions of identifiers that name a member, a key or a type, not a variable. */
function propertyNames(program) {
  const positions = new Set();
  const key = (node) => {
    if (!node.computed && !node.shorthand) {
      positions.add(node.key.start);
    }
  };
  new Visitor({
    MemberExpression: (node) => {
      node.computed || positions.add(node.property.start);
    },
    Property: key,
    MethodDefinition: key,
    PropertyDefinition: key,
    TSPropertySignature: key,
    TSTypeReference: (node) => positions.add(node.typeName.start),
    VariableDeclaration: (node) => {
      for (const {id} of node.declare ? node.declarations : []) {
        positions.add(id.start);
      }
    },
    TSFunctionType: (node) => {
      for (const param of node.params) {
        positions.add(param.start);
      }
    },
    TSMethodSignature: (node) => {
      key(node);
      for (const param of node.params) {
        positions.add(param.start);
      }
    },
    TSEnumMember: (node) => positions.add(node.id.start),
    LabeledStatement: (node) => positions.add(node.label.start),
  }).visit(program);
  return positions;
}
