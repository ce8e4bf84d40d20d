import { FeedClient, type FeedMessage } from '../integration/feed/feed-client.ts';
import { eventually } from './eventually.ts';
import { eventProgram } from './solana-events.ts';
import { solanaChain } from './solana-setup.ts';

type Params = FeedMessage['params'];

const prefixes = {
  logs: `${solanaChain}.logs.${eventProgram}`,
  transactions: `${solanaChain}.transactions.${eventProgram}`,
  events: `${solanaChain}.events.${eventProgram}.Emitted`,
  slots: `${solanaChain}.slots`,
  gaps: `${solanaChain}.gaps`,
} as const;

/** Follows everything that the feed has of the event program, over WebSocket; goes on by cursor wherever it breaks. */
export class FollowedFeed {
  readonly events: Params[] = [];
  /** The frame of each break. */
  readonly breaks: string[] = [];
  /** The offset of the last event there was when it was followed first. */
  latest = 0;
  readonly #topics: readonly string[];
  #cursor: string | undefined;
  #client: FeedClient | undefined;
  #isEnded = false;

  constructor(
    topics: readonly (keyof typeof prefixes)[] = ['logs', 'transactions', 'events', 'slots', 'gaps'],
  ) {
    this.#topics = topics.map(topic => prefixes[topic]);
  }

  /** Connects, and again whenever it is cut off; resolves once it follows. */
  async follow(wsUrl: string): Promise<this> {
    await eventually(() => this.#connect(wsUrl), 'the feed is followed', 30_000);
    return this;
  }

  end(): void {
    this.#isEnded = true;
    this.#client?.socket.terminate();
  }

  /** Events of one topic. */
  of(topic: keyof typeof prefixes): Params[] {
    return this.events.filter(event => event.topic === prefixes[topic]);
  }

  /** `slot:signature` of each event of one topic, `-` before those that were removed. */
  keys(topic: 'logs' | 'transactions' | 'events'): string[] {
    return this.of(topic).map(
      ({ data }) => `${data.removed === true ? '-' : ''}${data.slot}:${data.signature}`,
    );
  }

  /** Resolves once all that these topics told are as many as `count`, each counted once; a topic may be later than another, for each has a pipeline of its own. */
  async toldAll(
    count: number,
    topics: readonly ('logs' | 'transactions' | 'events')[] = ['logs', 'transactions', 'events'],
  ): Promise<void> {
    await eventually(
      () => {
        const late = topics.filter(topic => new Set(this.keys(topic)).size < count);
        if (late.length > 0) throw new Error(`not all of ${count} told of: ${late.join(', ')}`);
        return true;
      },
      'all told',
      30_000,
    );
  }

  async #connect(wsUrl: string): Promise<boolean> {
    const client = new FeedClient(wsUrl);
    this.#client = client;
    let isOpen = false;
    client.socket.on('message', data => this.#onMessage(JSON.parse(String(data))));
    client.socket.on('close', (code, reason) => {
      if (!isOpen || this.#isEnded) return;
      this.breaks.push(`${code} ${reason}`);
      this.follow(wsUrl).catch(() => {});
    });
    await new Promise((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    const from = this.#cursor === undefined ? {} : { from: this.#cursor };
    const { error, result } = await client.subscribe({ topics: this.#topics, ...from });
    if (error !== undefined) {
      client.socket.terminate();
      throw new Error(`${error.data.code}: ${error.message}`);
    }
    if (this.#cursor === undefined) this.latest = offsetOf(result!.latest);
    this.#cursor ??= result!.cursor;
    isOpen = true;
    if (client.socket.readyState !== client.socket.OPEN) throw new Error('cut off again');
    return true;
  }

  #onMessage(message: FeedMessage): void {
    if (message.method === undefined || message.params.cursor === undefined) return;
    this.#cursor = message.params.cursor;
    // A gap is of the chain, whatever is followed: it names no topic.
    if (message.method === 'feed_gap') this.events.push({ ...message.params, topic: prefixes.gaps });
    else if (message.params.topic !== undefined) this.events.push(message.params);
  }
}

/** The offset of an event, from its cursor. */
export const offsetOf = (cursor: string): number => Number(cursor.split(':')[1]);
