import type { ChainFamily } from '../chain-family.ts';
import { methodRules } from '../method-rules.ts';
import { answerRules } from './answer-rules.ts';
import { blockDemand } from './block-demand.ts';
import { headerOf } from './block-header.ts';
import { classifyError, isUnknownError } from './classify-error.ts';
import { classifyHttp } from './classify-http.ts';
import { eventKey, eventKind } from './event-key.ts';
import { parseHead } from './head.ts';
import { logRules } from './log-rules.ts';
import { evmMethods } from './methods.ts';
import { parseQuantity } from './quantity.ts';
import { rawWriteRules } from './raw-write.ts';
import { canonicalStream, evmSubscriptions } from './subscriptions.ts';

/** The EVM: Ethereum and the chains that speak [its JSON-RPC](https://github.com/ethereum/execution-apis). */
export const evmFamily = {
  name: 'evm',
  aliases,
  ...methodRules(evmMethods, blockDemand),
  classifyError,
  isUnknownError,
  classifyHttp,
  probes: {
    identity: { method: 'eth_chainId', params: '[]', read: result => parseQuantity(result)?.toString() },
    syncing: { method: 'eth_syncing', params: '[]', read: readSyncing },
    head: { method: 'eth_getBlockByNumber', params: '["latest",false]', read: parseHead },
  },
  answers: answerRules,
  events: {
    canonical: canonicalStream,
    kind: eventKind,
    nature: () => ({ breadth: 'some', order: 'any' }),
    key: eventKey,
    head: parseHead,
    header: headerOf,
  },
  subscriptions: evmSubscriptions,
  logs: logRules,
  rawWrite: rawWriteRules,
} satisfies ChainFamily;

/** Its number, and its [CAIP-2](https://chainagnostic.org/CAIPs/caip-2) id. */
function aliases(chainId: string): readonly string[] {
  return [chainId, `eip155:${chainId}`];
}

/** `false`, or an object that tells the progress. */
function readSyncing(result: Buffer): boolean | undefined {
  const first = result[0];
  if (first === 0x66) return false;
  return first === 0x7b || first === 0x74 ? true : undefined;
}
