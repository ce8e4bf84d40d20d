import { styleText } from 'node:util';
import type { LogLevel } from './log-level.ts';
import { type PlainData, type PlainObject, wasError } from './plain-data.ts';

/** One log entry, free of secrets. */
export interface LogEntry {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: PlainObject;
}

/** An entry as one line of JSON for machines: `time`, `level`, `message`, then the fields. */
export function jsonLine({ time, level, message, fields }: LogEntry): string {
  const line: PlainObject = Object.create(null);
  line.time = new Date(time).toISOString();
  line.level = level;
  line.message = message;
  for (const [name, value] of Object.entries(fields)) line[name in line ? `${name}_` : name] = value;
  return JSON.stringify(line);
}

/** An entry as one line for people, local time; stacks of errors, where there are any, follow indented. */
export function prettyLine({ time, level, message, fields }: LogEntry, colours: boolean): string {
  const paint = (style: Style, text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const stacks: string[] = [];
  const pairs = Object.entries(fields).map(([name, value]) => {
    collectStacks(value, stacks);
    return `  ${paint('gray', `${visible(name)}=`)}${visible(fieldText(value))}`;
  });
  const head = `${paint('gray', localTime(time))} ${paint(levelStyle[level], level.toUpperCase().padEnd(5))}`;
  return `${head} ${visible(message)}${pairs.join('')}${stacks.map(indented).join('')}`;
}

type Style = Parameters<typeof styleText>[0];

const levelStyle: Readonly<Record<LogLevel, Style>> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'blue',
};

function localTime(time: number): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function fieldText(value: PlainData): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (isError(value)) return JSON.stringify(errorText(value));
  return JSON.stringify(value, (key, inner: PlainData) => (key === 'stack' ? undefined : inner));
}

/** `code: message ← cause`, in the order in which a person looks for the reason. */
function errorText(error: PlainObject): string {
  const { name, code, message, cause, details } = error;
  const kind = [name, code].filter(part => typeof part === 'string' || typeof part === 'number').join(' ');
  let text = kind === '' ? String(message) : `${kind}: ${message}`;
  if (details !== undefined) text += ` ${JSON.stringify(details)}`;
  if (cause !== undefined) text += ` ← ${isError(cause) ? errorText(cause) : JSON.stringify(cause)}`;
  return text;
}

function isError(value: PlainData | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && wasError in value;
}

function collectStacks(value: PlainData | undefined, stacks: string[]): void {
  if (!isError(value)) return;
  if (typeof value.stack === 'string') stacks.push(value.stack);
  collectStacks(value.cause, stacks);
}

function indented(stack: string): string {
  return stack
    .split('\n')
    .map(line => `\n    ${visible(line.trim())}`)
    .join('');
}

/** A client's text must not be able to write lines or colours of its own, nor turn the reading direction. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
