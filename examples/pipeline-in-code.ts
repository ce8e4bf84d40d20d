// The same as a section of the config, with a handler that needs no file of its own.
import { pipeline } from '../src/pipelines/define-pipeline.ts';
import { systemParser } from '../src/pipelines/parsers/native/system-parser.ts';

const lamportsPerSol = 1_000_000_000n;

/** Tells of transfers of more than a SOL. */
export const largeTransfers = (tell: (text: string) => Promise<void>) =>
  pipeline({
    id: 'large-transfers',
    chain: 'solana-devnet',
    filter: { kind: 'instruction', programs: ['11111111111111111111111111111111'] },
    parser: systemParser,
    mode: 'conditional',
    handlers: [
      {
        id: 'tell',
        accepts: ({ value }) =>
          value.type === 'instruction' &&
          value.name === 'transfer' &&
          BigInt(value.args.lamports as bigint) > lamportsPerSol,
        handle: ({ origin }) => tell(`${origin.signature}, instruction ${origin.path}`),
      },
    ],
    concurrency: 4,
    orderBy: 'signature',
    retry: { attempts: 10 },
  });
