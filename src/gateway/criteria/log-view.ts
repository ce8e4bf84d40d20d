import type { LogFields, LogRules } from '../../chains/chain-family.ts';
import { MemberCursor } from '../../protocol/json-rpc/member-cursor.ts';
import { MAX_DEPTH, OPEN_OBJECT, QUOTE } from '../../protocol/json-rpc/skip-json.ts';

const blockNumberKey = Buffer.from('blockNumber');

/** Reads what filters ask of a log's bytes. The feed asks all selectors about one event before the next: the last one is kept. */
export class LogView {
  readonly #rules: LogRules;
  #data: Buffer | undefined;
  #fields: LogFields | undefined;

  constructor(rules: LogRules) {
    this.#rules = rules;
  }

  topics(data: Buffer): readonly string[] {
    if (this.#data !== data) {
      this.#fields = this.#rules.read(data);
      this.#data = data;
    }
    return this.#fields?.topics ?? [];
  }

  /** NaN when the log does not say. */
  blockNumber(data: Buffer): number {
    if (data[0] !== OPEN_OBJECT) return Number.NaN;
    const members = new MemberCursor(data, 0, data.length, MAX_DEPTH);
    while (members.next()) {
      if (!members.keyIs(blockNumberKey)) continue;
      const { valueStart, valueEnd } = members;
      if (data[valueStart] !== QUOTE) return Number.NaN;
      return Number(data.toString('latin1', valueStart + 1, valueEnd - 1));
    }
    return Number.NaN;
  }
}

const views = new WeakMap<LogRules, LogView>();

/** The one view of a family's logs. */
export function logView(rules: LogRules): LogView {
  const known = views.get(rules);
  if (known !== undefined) return known;
  const view = new LogView(rules);
  views.set(rules, view);
  return view;
}
