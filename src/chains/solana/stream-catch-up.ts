import type { StreamCatchUp } from '../chain-family.ts';
import { commitments } from './commitment.ts';
import { valueOfSlot } from './notification.ts';

interface Options {
  readonly commitment?: string;
  readonly encoding?: string;
}

interface SignatureStatus {
  readonly slot: number;
  readonly err: unknown;
  readonly confirmationStatus?: string | null;
}

/**
 * How a stream learns what it may have missed while no provider carried it: an account's present state, a signature's status.
 * What a program's accounts were in between, what was logged, and which slots and blocks there were, is not asked for here.
 *
 * @param stream canonical
 */
export function catchUpOf(stream: string): StreamCatchUp | undefined {
  const isAccount = stream.startsWith('["accountSubscribe",');
  if (!isAccount && !stream.startsWith('["signatureSubscribe",')) return undefined;
  const [, subject, options = {}] = JSON.parse(stream) as [string, unknown, Options?];
  return isAccount ? accountCatchUp(subject, options) : signatureCatchUp(subject, options);
}

/** The answer has the form of a notification. */
function accountCatchUp(pubkey: unknown, options: Options): StreamCatchUp {
  return {
    method: 'getAccountInfo',
    params: JSON.stringify([pubkey, options]),
    isAwaited: false,
    event: (result, wasTold) => {
      const read = valueOfSlot(result);
      if (read === undefined) return undefined;
      if (result[read.value.start] !== LETTER_N) return result;
      return wasTold ? closedAccount(read.slot, options.encoding) : undefined;
    },
  };
}

function signatureCatchUp(signature: unknown, { commitment = 'finalized' }: Options): StreamCatchUp {
  const wanted = rank(commitment);
  return {
    method: 'getSignatureStatuses',
    params: JSON.stringify([[signature]]),
    isAwaited: true,
    event: result => {
      const { context, value } = JSON.parse(result.toString()) as {
        context?: { slot?: number };
        value?: (SignatureStatus | null)[];
      };
      const status = value?.[0];
      if (status === undefined || status === null) return undefined;
      const reached = rank(status.confirmationStatus);
      if (reached < 0 || reached < wanted) return undefined;
      const slot = context?.slot ?? status.slot;
      return Buffer.from(JSON.stringify({ context: { slot }, value: { err: status.err ?? null } }));
    },
  };
}

/** An account that is gone, as a node notifies of it. */
function closedAccount(slot: number, encoding: string | undefined): Buffer {
  return Buffer.from(
    `{"context":{"slot":${slot}},"value":{"lamports":0,"data":${emptyData(encoding)},"owner":"11111111111111111111111111111111","executable":false,"rentEpoch":0,"space":0}}`,
  );
}

function emptyData(encoding: string | undefined): string {
  switch (encoding) {
    case undefined:
    case 'binary':
      return '""';
    case 'base64+zstd':
      return '["KLUv/SAAAQAA","base64+zstd"]';
    case 'base58':
      return '["","base58"]';
    default:
      return '["","base64"]';
  }
}

function rank(commitment: string | null | undefined): number {
  return (commitments as readonly unknown[]).indexOf(commitment);
}

const LETTER_N = 0x6e;
