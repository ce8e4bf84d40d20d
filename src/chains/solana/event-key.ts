import { hash } from 'node:crypto';
import { QUOTE } from '../../protocol/json-rpc/skip-json.ts';
import type { EventKind, EventPlace, Head, StreamNature } from '../chain-family.ts';
import { type JsonRange, member, SLOT, slotMember, textMember, valueOfSlot } from './notification.ts';
import { readSlot, readSlotHead, slotHead } from './slot-head.ts';
import { streamMethod } from './subscriptions.ts';

const kinds: Readonly<Record<string, EventKind>> = {
  slotSubscribe: 'heads',
  rootSubscribe: 'roots',
  logsSubscribe: 'logs',
  accountSubscribe: 'accounts',
  programSubscribe: 'programs',
  signatureSubscribe: 'signatures',
  blockSubscribe: 'blocks',
  voteSubscribe: 'votes',
  slotsUpdatesSubscribe: 'slot_updates',
};

const raced: StreamNature = { breadth: 'some', order: 'any' };
const natures: Readonly<Partial<Record<EventKind, StreamNature>>> = {
  heads: { breadth: 'all', order: 'ascending' },
  roots: { breadth: 'all', order: 'ascending' },
  blocks: { breadth: 'some', order: 'ascending' },
  accounts: { breadth: 'some', order: 'latest' },
  programs: { breadth: 'some', order: 'latest' },
  // Each node tells of its own progress, with its own times.
  slot_updates: { breadth: 'one', order: 'any' },
};

export function eventKind(stream: string): EventKind | undefined {
  return kinds[streamMethod(stream) ?? ''];
}

export function streamNature(kind: EventKind): StreamNature {
  return natures[kind] ?? raced;
}

/**
 * What makes an event the same event whichever node it comes from: of a slot, a root or a block its slot, of logs the slot
 * and the signature (a transaction whose fork died may be executed again in another slot), of an account the slot and what
 * it is then, of a signature whether it was received or executed.
 *
 * @param result the event's bytes, valid JSON
 * @returns undefined when they are not an event of this kind
 */
export function eventKey(kind: EventKind, result: Buffer): string | undefined {
  switch (kind) {
    case 'logs':
      return logsKey(result);
    case 'signatures':
      return signatureState(result);
    case 'votes':
      return textMember(result, whole(result), SIGNATURE);
    case 'slot_updates':
      return slotUpdateKey(result);
    default: {
      const place = eventPlace(kind, result);
      return place && `${place.slot}:${place.subject}:${place.version}`;
    }
  }
}

/** Where an event stands among those of its stream; undefined: it is not of a kind whose order matters, or does not say. */
export function eventPlace(kind: EventKind, result: Buffer): EventPlace | undefined {
  switch (kind) {
    case 'heads':
      return inOrder(slotMember(result, whole(result), SLOT));
    case 'roots':
      return inOrder(readSlot(result));
    case 'blocks':
      return inOrder(blockSlot(result));
    case 'accounts': {
      const read = valueOfSlot(result);
      return read && { slot: read.slot, subject: '', version: versionOf(result, read.value) };
    }
    case 'programs': {
      const read = valueOfSlot(result);
      const subject = read && textMember(result, read.value, PUBKEY);
      const account = read && member(result, read.value, ACCOUNT);
      if (subject === undefined || account === undefined) return undefined;
      return { slot: read!.slot, subject, version: versionOf(result, account) };
    }
    default:
      return undefined;
  }
}

/** A signature's stream ends when the transaction reached the commitment; that a node received it comes before. */
export function isLastEvent(kind: EventKind, result: Buffer): boolean {
  return kind === 'signatures' && signatureState(result) === 'executed';
}

/** The head in a `slotNotification`, or in the answer of `getSlot`. */
export function readHead(result: Buffer): Head | undefined {
  const slot = slotMember(result, whole(result), SLOT);
  return slot === undefined
    ? readSlotHead(result)
    : slotHead(slot, slotMember(result, whole(result), PARENT));
}

function logsKey(result: Buffer): string | undefined {
  const read = valueOfSlot(result);
  const signature = read && textMember(result, read.value, SIGNATURE);
  return signature && `${read!.slot}:${signature}`;
}

function signatureState(result: Buffer): 'received' | 'executed' | undefined {
  const read = valueOfSlot(result);
  if (read === undefined) return undefined;
  if (result[read.value.start] === QUOTE) return 'received';
  return member(result, read.value, ERR) === undefined ? undefined : 'executed';
}

function slotUpdateKey(result: Buffer): string | undefined {
  const type = textMember(result, whole(result), TYPE);
  const slot = slotMember(result, whole(result), SLOT);
  return type === undefined || slot === undefined ? undefined : `${slot}:${type}`;
}

function blockSlot(result: Buffer): number | undefined {
  const read = valueOfSlot(result);
  return read && (slotMember(result, read.value, SLOT) ?? read.slot);
}

function inOrder(slot: number | undefined): EventPlace | undefined {
  return slot === undefined ? undefined : { slot, subject: '', version: '' };
}

function versionOf(result: Buffer, { start, end }: JsonRange): string {
  return hash('sha256', result.subarray(start, end), 'base64');
}

function whole(result: Buffer): JsonRange {
  return { start: 0, end: result.length };
}

const SIGNATURE = Buffer.from('signature');
const PUBKEY = Buffer.from('pubkey');
const ACCOUNT = Buffer.from('account');
const PARENT = Buffer.from('parent');
const ERR = Buffer.from('err');
const TYPE = Buffer.from('type');
