import { nearestWord } from '../nearest-word.ts';
import { value } from './value.ts';

/** The clusters that everybody means by these names. https://solana.com/docs/references/clusters */
const clusters = {
  'mainnet-beta': '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d',
  testnet: '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY',
  devnet: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxkZrBG',
} as const;

const base58 = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** The hash of a Solana chain's genesis block, or the name of a cluster; parsed to the hash. */
export function genesisHash() {
  const names = Object.keys(clusters);
  return value<string, string>(
    {
      type: 'genesis hash',
      json: { type: 'string', pattern: `(${base58.source})|^(${names.join('|')})$|^\\$\\{` },
    },
    input => {
      if (typeof input === 'string' && Object.hasOwn(clusters, input))
        return { value: clusters[input as keyof typeof clusters] };
      if (typeof input === 'string' && base58.test(input)) return { value: input };
      const near = typeof input === 'string' ? nearestWord(input, names) : undefined;
      return {
        expected: `a genesis hash in base58, or one of ${names.map(name => `"${name}"`).join(', ')}`,
        hint: near === undefined ? '`getGenesisHash` of a provider tells it' : `did you mean "${near}"?`,
      };
    },
  );
}
