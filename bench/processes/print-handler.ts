import type { ModuleFunction } from '../../src/pipelines/handlers/module-handler.ts';

/** A pipeline's handler that writes a line for each value: the log would hold back more than 20 alike a second. */
const print: ModuleFunction = item => {
  process.stdout.write(`handled ${item.origin.key}\n`);
};

export default print;
