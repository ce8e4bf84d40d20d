import type { LogPattern } from './log-pattern.ts';

/** What a chain's readers asked for, to go on with after a restart. Each number is the offset since which. */
export interface DemandSnapshot {
  readonly logs: readonly { readonly pattern: LogPattern; readonly since: number }[];
  readonly pending: number | undefined;
}

const addressForm = /^0x[\da-f]{40}$/;
const topicForm = /^0x[\da-f]{64}$/;

/** JSON: `{"logs":[[address, topic0, since], …],"pending":since}`. */
export function writeDemandSnapshot({ logs, pending }: DemandSnapshot): Buffer {
  const rows = logs.map(({ pattern, since }) => [pattern.address ?? '', pattern.topic0 ?? '', since]);
  return Buffer.from(JSON.stringify({ logs: rows, pending }));
}

/** `undefined`: damaged. */
export function readDemandSnapshot(bytes: Buffer): DemandSnapshot | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('logs' in value) || !Array.isArray(value.logs)) {
    return undefined;
  }
  const logs = value.logs.map(readRow);
  if (!logs.every(row => row !== undefined)) return undefined;
  const pending = 'pending' in value && isOffset(value.pending) ? value.pending : undefined;
  return { logs, pending };
}

function readRow(row: unknown): DemandSnapshot['logs'][number] | undefined {
  if (!Array.isArray(row)) return undefined;
  const [address, topic0, since]: unknown[] = row;
  if (!isOffset(since) || !isText(address, addressForm) || !isText(topic0, topicForm)) return undefined;
  return {
    pattern: { ...(address === '' ? {} : { address }), ...(topic0 === '' ? {} : { topic0 }) },
    since,
  };
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && (value === '' || form.test(value));
}
