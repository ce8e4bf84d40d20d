import type { ConfigPath, Finding } from '../diagnostic.ts';
import { nearestWord } from '../nearest-word.ts';
import type { Config } from '../sections/root.ts';

/** What reads the updates of a chain. */
interface ChainReader {
  readonly chain: string;
  readonly source: 'geyser' | 'logs';
}

/** There is such a chain, it is a Solana one, and has the source. `path`: of the reader. */
export function checkSourceChain(
  chains: Config['chains'],
  { chain: name, source }: ChainReader,
  path: ConfigPath,
): Finding[] {
  const chain = Object.hasOwn(chains, name) ? chains[name] : undefined;
  const at = [...path, 'chain'];
  if (chain === undefined) {
    const near = nearestWord(name, Object.keys(chains));
    return [
      {
        code: 'config_invalid_value',
        message: `there is no chain \`${name}\``,
        hint: near === undefined ? `chains: ${Object.keys(chains).join(', ')}` : `did you mean \`${near}\`?`,
        path: at,
        involves: [['chains', name]],
      },
    ];
  }
  if (chain.family !== 'solana') {
    return [
      {
        code: 'config_conflict',
        message: `\`${name}\` is no Solana chain`,
        hint: 'pipelines read chains of `family: solana`; the events of others are in the feed',
        path: at,
        involves: [['chains', name, 'family']],
      },
    ];
  }
  if (source === 'geyser' && chain.geyser === undefined && chain.devnet === undefined) {
    return [
      {
        code: 'config_missing_key',
        message: `\`chains.${name}\` has no \`geyser\`, from which this would stream`,
        hint: 'add `geyser: { endpoints: [{ id: mine, url: "https://…" }] }` to the chain, or use `source: logs`',
        path: [...path, 'source'],
        involves: [['chains', name, 'geyser'], at],
      },
    ];
  }
  return [];
}
