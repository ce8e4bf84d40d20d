import type { Finding } from '../diagnostic.ts';
import type { ChainConfig } from '../sections/chain.ts';
import type { Check } from './check.ts';

/** Every chain says which one it is and is the only one of that, has somebody to serve it, and only what its family knows. */
export const checkChains: Check = ({ config, namesChain }) => {
  const findings: Finding[] = [];
  const owners = new Map<number | string, string>();
  const chains = Object.entries(config.chains);
  if (!namesChain) {
    findings.push({
      code: 'config_missing_key',
      message: '`chains` names no chain',
      hint: 'the smallest config is `chains: { devnet: { chain_id: 31337, devnet: {} } }`',
      path: ['chains'],
    });
  }
  for (const [name, chain] of chains) {
    const path = ['chains', name];
    findings.push(...checkIdentity(name, chain));
    const identity = chain.family === 'evm' ? chain.chain_id : chain.genesis_hash;
    const key = chain.family === 'evm' ? 'chain_id' : 'genesis_hash';
    const owner = identity === undefined ? undefined : owners.get(identity);
    if (identity !== undefined && owner === undefined) owners.set(identity, name);
    if (owner !== undefined) {
      findings.push({
        code: 'config_duplicate_name',
        message: `${key} ${identity} is already that of \`chains.${owner}\``,
        hint: 'list all providers of a chain under one name',
        path: [...path, key],
        involves: [['chains', owner, key]],
      });
    }
    if (chain.devnet !== undefined && chain.providers.length > 0) {
      findings.push({
        code: 'config_conflict',
        message: `\`chains.${name}\` has both \`devnet\` and \`providers\``,
        hint: 'a devnet brings its own simulated providers: keep one of the two',
        path: [...path, 'devnet'],
        at: 'key',
        involves: [[...path, 'providers']],
      });
    }
    if (chain.devnet === undefined && chain.providers.length === 0) {
      findings.push({
        code: 'config_missing_key',
        message: `\`chains.${name}\` has neither \`providers\` nor \`devnet\``,
        hint: 'list a provider: `providers: [{ id: mine, url: "https://…" }]`',
        path,
        at: 'key',
        involves: [
          [...path, 'providers'],
          [...path, 'devnet'],
        ],
      });
    }
    if (chain.devnet !== undefined && chain.block_time !== chain.devnet.block_time) {
      findings.push({
        severity: 'warning',
        code: 'config_suspicious',
        message: `\`chains.${name}.block_time\` differs from that of its devnet`,
        hint: 'leave it out: it follows `devnet.block_time`',
        path: [...path, 'block_time'],
        involves: [[...path, 'devnet', 'block_time']],
      });
    }
  }
  return findings;
};

const engines = { evm: 'anvil', solana: 'litesvm' } as const;

function checkIdentity(name: string, chain: ChainConfig): Finding[] {
  const path = ['chains', name];
  const { family, devnet } = chain;
  const findings: Finding[] = [];
  const foreign = family === 'evm' ? (['genesis_hash', 'geyser'] as const) : (['chain_id'] as const);
  for (const key of foreign) {
    if (chain[key] === undefined) continue;
    findings.push({
      code: 'config_conflict',
      message: `\`${key}\` does not belong to a chain of \`family: ${family}\``,
      hint:
        family === 'evm'
          ? 'for a Solana chain write `family: solana`'
          : 'a Solana chain has a `genesis_hash`',
      path: [...path, key],
      at: 'key',
      involves: [[...path, 'family']],
    });
  }
  if (devnet?.engine !== undefined && devnet.engine !== engines[family]) {
    findings.push({
      code: 'config_conflict',
      message: `\`${devnet.engine}\` runs no chain of \`family: ${family}\``,
      hint: `write \`engine: ${engines[family]}\`, or leave it out`,
      path: [...path, 'devnet', 'engine'],
      involves: [[...path, 'family']],
    });
  }
  if (family === 'evm' && chain.chain_id === undefined) {
    findings.push({
      code: 'config_missing_key',
      message: `\`chains.${name}\` has no \`chain_id\``,
      hint: '`chain_id: 1` is Ethereum; every provider has to report it. For a Solana chain write `family: solana`',
      path,
      at: 'key',
      involves: [
        [...path, 'chain_id'],
        [...path, 'family'],
      ],
    });
  }
  if (family === 'solana' && chain.genesis_hash === undefined && devnet === undefined) {
    findings.push({
      code: 'config_missing_key',
      message: `\`chains.${name}\` has no \`genesis_hash\``,
      hint: 'write `genesis_hash: mainnet-beta`, or what `getGenesisHash` of a provider says',
      path,
      at: 'key',
      involves: [
        [...path, 'genesis_hash'],
        [...path, 'family'],
      ],
    });
  }
  if (family === 'solana' && chain.genesis_hash !== undefined && devnet !== undefined) {
    findings.push({
      code: 'config_conflict',
      message: 'an embedded chain has a genesis of its own',
      hint: 'leave `genesis_hash` out',
      path: [...path, 'genesis_hash'],
      at: 'key',
      involves: [[...path, 'devnet']],
    });
  }
  return findings;
}
