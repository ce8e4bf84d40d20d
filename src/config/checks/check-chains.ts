import type { Finding } from '../diagnostic.ts';
import type { Check } from './check.ts';

/** Chain ids are unique, every chain has somebody to serve it, and is of a family that this version serves. */
export const checkChains: Check = ({ config, namesChain }) => {
  const findings: Finding[] = [];
  const owners = new Map<number, string>();
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
    const owner = owners.get(chain.chain_id);
    if (owner === undefined) owners.set(chain.chain_id, name);
    else {
      findings.push({
        code: 'config_duplicate_name',
        message: `chain_id ${chain.chain_id} is already that of \`chains.${owner}\``,
        hint: 'list all providers of a chain under one name',
        path: [...path, 'chain_id'],
        involves: [['chains', owner, 'chain_id']],
      });
    }
    if (chain.family === 'solana') {
      findings.push({
        code: 'config_unsupported',
        message: '`family: solana` is not in this version, which serves `evm` chains only',
        hint: 'remove the chain, or put comment signs before its lines',
        path: [...path, 'family'],
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
    if (chain.family !== 'solana' && chain.devnet === undefined && chain.providers.length === 0) {
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
