/** Layers from the bottom up; a file imports from its own folder and from lower layers only. */
export const layers: readonly (readonly string[])[] = [
  // Packages of their own, which need nothing of the house.
  ['clients'],
  ['clock', 'errors', 'process-limits', 'security'],
  ['otp', 'protocol'],
  ['config', 'telemetry'],
  ['circuit-breaker'],
  ['chains'],
  ['devnet'],
  ['storage'],
  ['resp'],
  ['providers'],
  ['aggregation'],
  ['sources'],
  ['feed'],
  ['pipelines'],
  ['sessions'],
  ['gateway'],
  ['supervisors'],
  ['exchange'],
  ['cli'],
  ['main'],
];

/** Folders that only these others may import, besides the direction of the layers. */
export const restrictedFolders: Readonly<Record<string, readonly string[]>> = {
  devnet: ['supervisors', 'exchange', 'cli', 'main'],
  supervisors: ['exchange', 'cli', 'main'],
  clients: ['cli'],
};

/** The folders that may import a package; any other package has no business in the house. */
export const packageOwners: Readonly<Record<string, readonly string[]>> = {
  nact: ['otp'],
  '@noble/hashes': ['chains'],
  undici: ['providers'],
  ws: ['providers', 'gateway', 'devnet'],
  winston: ['telemetry'],
  'prom-client': ['telemetry'],
  yaml: ['config'],
  zod: ['config'],
  chokidar: ['config'],
  'fastest-levenshtein': ['config'],
  commander: ['cli'],
  'cli-table3': ['cli'],
  lmdb: ['storage'],
  '@grpc/grpc-js': ['sources', 'devnet'],
  'laserstream-core-proto-js': ['protocol'],
  protobufjs: ['protocol'],
  bs58: ['chains'],
  litesvm: ['devnet'],
  '@solana/web3.js': ['devnet', 'sessions'],
  piscina: ['pipelines'],
  viem: ['clients'],
};

/** Where time and timers may be taken from the machine itself. */
export const clockOwners: readonly string[] = [
  'src/clock/',
  'clients/typescript/src/environment.ts',
  // Holds the process open while all timers of the house let it end.
  'src/cli/run-trunkline.ts',
];

/** Longest file, in lines. */
export const maxLines = 400;
