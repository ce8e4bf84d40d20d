import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A span of monotonic time, `now()` milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Time that a function spent itself, its callees not included. */
export interface SelfTime {
  readonly name: string;
  /** Of the busy time in the spans. */
  readonly share: number;
}

/** What a CPU profile says about the time under load. */
export interface ProfileSummary {
  readonly functions: readonly SelfTime[];
  /** The same by folder of `src/`, package, or module of Node. */
  readonly parts: readonly SelfTime[];
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Microseconds on the monotonic clock. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** Reads the largest profile of a folder: workers write their own, smaller ones. @throws Error when there is none */
export function readProfile(folder: string, spans: readonly Span[]): ProfileSummary {
  const texts = readdirSync(folder)
    .filter(name => name.endsWith('.cpuprofile'))
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .sort((a, b) => b.length - a.length);
  if (texts[0] === undefined) throw new Error(`no CPU profile was written to ${folder}`);
  return summarizeProfile(JSON.parse(texts[0]) as CpuProfile, spans);
}

/** Sums self time within the spans; time in which the process was idle does not count. */
export function summarizeProfile(profile: CpuProfile, spans: readonly Span[]): ProfileSummary {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const parts = new Map<string, number>();
  let at = profile.startTime;
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const spent = profile.timeDeltas[index] ?? 0;
    at += spent;
    const frame = frames.get(id);
    if (
      frame === undefined ||
      frame.functionName === '(idle)' ||
      !spans.some(({ from, to }) => at >= from * 1000 && at <= to * 1000)
    ) {
      continue;
    }
    busy += spent;
    const path = shortPath(frame.url);
    add(
      functions,
      `${frame.functionName || '(anonymous)'}  ${path === '' ? '' : `${path}:${frame.lineNumber + 1}`}`.trimEnd(),
      spent,
    );
    add(parts, partOf(path, frame.functionName), spent);
  }
  return { functions: ranked(functions, busy), parts: ranked(parts, busy) };
}

function shortPath(url: string): string {
  return url.replace(/^file:\/\/.*\/(?=(src|supervisors|bin|node_modules)\/)/, '');
}

function partOf(path: string, functionName: string): string {
  if (path.startsWith('src/'))
    return path
      .split('/')
      .slice(0, 3)
      .join('/')
      .replace(/\/[^/]*\.ts$/, '');
  if (path.startsWith('node_modules/')) return path.split('/').slice(0, 2).join('/');
  if (path.startsWith('wasm:')) return 'wasm (undici parses answers with it)';
  return path === '' ? `native ${functionName}` : path;
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function ranked(sums: ReadonlyMap<string, number>, total: number): SelfTime[] {
  return [...sums].map(([name, spent]) => ({ name, share: spent / total })).sort((a, b) => b.share - a.share);
}
