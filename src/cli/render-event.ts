import type { FeedGap, FeedItem, FeedReorg } from '../../clients/typescript/src/follow.ts';
import type { Paint } from './terminal.ts';

/** One line of text for what the feed tells: time, topic, what happened. */
export function renderEvent(item: FeedItem, paint: Paint): string {
  const time = item.time === undefined ? ' '.repeat(12) : new Date(item.time).toISOString().slice(11, 23);
  const topic = item.topic ?? `${item.chain ?? '*'}.gaps`;
  return `${paint.dim(time)}  ${paint.cyan(plain(shortTopic(topic)))}  ${describe(item, paint)}`;
}

function describe(item: FeedItem, paint: Paint): string {
  if (item.type === 'gap') return paint.bold(paint.red(plain(describeGap(item))));
  if (item.type === 'reorg') return paint.bold(paint.yellow(plain(describeReorg(item))));
  const family = item.topic.split('.')[1] ?? '';
  const text = describers[family]?.(fields(item.data), item.data) ?? JSON.stringify(item.data);
  const isRemoved = family === 'logs' && fields(item.data).removed === true;
  const shown = plain(text ?? '');
  return isRemoved ? paint.yellow(`${shown}, taken back`) : shown;
}

type Fields = Readonly<Record<string, unknown>>;

const describers: Readonly<Record<string, (data: Fields, whole: unknown) => string>> = {
  heads: ({ number, hash, gasUsed, gasLimit }) => {
    const used = quantity(gasUsed);
    const share = percentage(used, quantity(gasLimit));
    return `block ${quantity(number) ?? '?'} ${short(hash)}${used === undefined ? '' : `, ${used} gas${share}`}`;
  },
  logs: ({ blockNumber, logIndex, transactionHash, data }) => {
    const bytes = typeof data === 'string' ? (data.length - 2) / 2 : 0;
    return `log ${quantity(logIndex) ?? '?'} of block ${quantity(blockNumber) ?? '?'}, transaction ${short(transactionHash)}, ${bytes} bytes`;
  },
  pending: (_, whole) => `transaction ${text(whole)}`,
  finality: ({ tag, number, hash }) => `${text(tag)}: block ${text(number)} ${short(hash)}`,
  providers: ({ provider, state, reason }) =>
    `${text(provider)} is ${text(state)}${reason === undefined || reason === null ? '' : `: ${text(reason)}`}`,
};

function describeReorg({ data }: FeedReorg): string {
  const { depth, ancestor, orphaned = [], adopted = [] } = data;
  const names = (blocks: typeof orphaned) =>
    blocks
      .slice(0, 4)
      .map(block => `${block.number} ${short(block.hash)}`)
      .join(', ') + (blocks.length > 4 ? '…' : '');
  const replaced = adopted.length === 0 ? '' : `; instead ${names(adopted)}`;
  const back = ancestor === undefined ? '' : `, back to ${ancestor.number} ${short(ancestor.hash)}`;
  return `REORG ${depth} deep${back}: gone are ${names(orphaned)}${replaced}`;
}

function describeGap({ data }: FeedGap): string {
  const { reason, message, fromBlock, toBlock } = data;
  const blocks =
    fromBlock === undefined && toBlock === undefined
      ? ''
      : ` (blocks ${fromBlock ?? '?'} to ${toBlock ?? '?'})`;
  return `GAP ${reason}${blocks}: ${message}`;
}

function shortTopic(topic: string): string {
  return topic.split('.').map(short).join('.');
}

/** `0x1234…abcd` for what is long; the rest as it is. */
function short(value: unknown): string {
  const whole = text(value);
  return /^0x[0-9a-f]{13,}$/i.test(whole) ? `${whole.slice(0, 6)}…${whole.slice(-4)}` : whole;
}

function quantity(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.startsWith('0x') ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
}

function percentage(part: number | undefined, whole: number | undefined): string {
  if (part === undefined || whole === undefined || whole === 0) return '';
  return ` (${Math.round((part / whole) * 100)} %)`;
}

function fields(data: unknown): Fields {
  return typeof data === 'object' && data !== null ? (data as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '?' : JSON.stringify(value);
}

/** What providers say must not steer the terminal. */
function plain(line: string): string {
  return (line.length > 500 ? `${line.slice(0, 500)}…` : line).replace(/\p{Cc}/gu, '�');
}
