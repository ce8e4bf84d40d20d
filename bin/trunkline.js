#!/usr/bin/env node
// Parsed by whatever Node the machine has: no syntax newer than Node 12, no dependencies.
import { existsSync } from 'node:fs';

const wanted = [22, 19];
const version = process.versions.node.split('.').map(Number);

if (version[0] < wanted[0] || (version[0] === wanted[0] && version[1] < wanted[1])) {
  fail(
    `Trunkline needs Node ${wanted.join('.')} or newer; this is v${process.versions.node}. ` +
      '`npm ci` brings a newer one: use `npm start` or `npx trunkline`.',
  );
} else {
  // A clone runs its TypeScript as it is. Node does not do that below node_modules, so a package carries dist/.
  const main = ['../src/main.ts', '../dist/src/main.js']
    .map(path => new URL(path, import.meta.url))
    .find(url => existsSync(url));
  if (main === undefined) {
    fail('Trunkline is not complete here: neither src/main.ts nor dist/src/main.js is beside bin/.');
  } else {
    import(main.href);
  }
}

function fail(line) {
  console.error(line);
  process.exitCode = 1;
}
