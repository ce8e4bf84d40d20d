import type { ChainFamily, UpstreamError } from '../chain-family.ts';
import { methodRules } from '../method-rules.ts';
import { answerRules } from './answer-rules.ts';
import { canonicalStream } from './canonical-stream.ts';
import { classifyError, isUnknownError } from './classify-error.ts';
import { classifyHttp } from './classify-http.ts';
import { eventKey, eventKind, eventPlace, isLastEvent, readHead, streamNature } from './event-key.ts';
import { solanaMethods } from './methods.ts';
import { rawWriteRules } from './raw-write.ts';
import { slotDemand } from './slot-demand.ts';
import { readSlotHead } from './slot-head.ts';
import { catchUpOf } from './stream-catch-up.ts';
import { solanaSubscriptions } from './subscriptions.ts';

/** Solana and the clusters that speak [its JSON-RPC](https://solana.com/docs/rpc). */
export const solanaFamily = {
  name: 'solana',
  aliases,
  ...methodRules(solanaMethods, slotDemand),
  classifyError,
  isUnknownError,
  classifyHttp,
  probes: {
    identity: { method: 'getGenesisHash', params: '[]', read: readHash },
    syncing: { method: 'getHealth', params: '[]', read: readHealth, readError: readUnhealthy },
    head: { method: 'getSlot', params: '[{"commitment":"processed"}]', read: readSlotHead },
  },
  answers: answerRules,
  rawWrite: rawWriteRules,
  subscriptions: solanaSubscriptions,
  events: {
    canonical: canonicalStream,
    kind: eventKind,
    nature: streamNature,
    key: eventKey,
    place: eventPlace,
    isLast: isLastEvent,
    catchUp: catchUpOf,
    head: readHead,
    header: () => undefined,
  },
} satisfies ChainFamily;

/** The [CAIP-2](https://namespaces.chainagnostic.org/solana/caip2) id. */
function aliases(genesisHash: string): readonly string[] {
  return [`solana:${genesisHash.slice(0, 32)}`];
}

/** 32 bytes in base58, in quotes. */
function readHash(result: Buffer): string | undefined {
  const text = result.toString('latin1');
  return /^"[1-9A-HJ-NP-Za-km-z]{32,44}"$/.test(text) ? text.slice(1, -1) : undefined;
}

/** A node that is well says `ok`; any other word is about trouble. */
function readHealth(result: Buffer): boolean | undefined {
  return result[0] === QUOTE ? result.toString('latin1') !== '"ok"' : undefined;
}

/** One that knows how far it is behind is asked less; one that does not know is taken for catching up. */
function readUnhealthy({ code, message }: UpstreamError): boolean | number | undefined {
  if (code !== NODE_UNHEALTHY) return undefined;
  const slots = /\bbehind by (\d{1,15}) slots?\b/i.exec(message)?.[1];
  return slots === undefined ? true : Number(slots);
}

const QUOTE = 0x22;
const NODE_UNHEALTHY = -32005;
