import { workerData } from 'node:worker_threads';
import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Parser } from '../pipeline.ts';
import type { ParserModule } from '../pipeline-options.ts';
import { type ParsedUpdate, readUpdate, type Selection } from './read-update.ts';

/** What the threads of a pool are started with. */
export interface ParseWorkerData {
  readonly module: ParserModule;
  readonly selection: Selection;
}

const data = workerData as ParseWorkerData;

interface ParserSource {
  createParser(config: unknown): Parser | Promise<Parser>;
}

const { createParser } = (await import(data.module.url)) as ParserSource;
const parser = await createParser(data.module.config);

/** What the parser makes of each update. */
export default function parseUpdates(updates: readonly SolanaUpdate[]): ParsedUpdate[] {
  return updates.map(update => {
    const values: ParsedUpdate['values'][number][] = [];
    const errors: string[] = [];
    const problems: string[] = [];
    let filtered = 0;
    readUpdate(parser, data.selection, update, {
      onValue: (value, path, ordinal, orderKey) => values.push([value, path, ordinal, orderKey]),
      onFiltered: () => {
        filtered++;
      },
      onParseError: message => errors.push(message),
      onProblem: message => problems.push(message),
    });
    return { values, filtered, errors, problems };
  });
}
