import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type AccountVerdict, EventAccount, type SeenHead, type SeenLog } from './event-account.ts';
import type { FinalBlock } from './soak-chain.ts';

/** What one client went through. */
export interface ClientReport extends AccountVerdict {
  readonly name: string;
  readonly connections: number;
  /** Connections that were cut although neither it nor the end of Trunkline did it. */
  readonly cut: number;
  /** Gaps that it was told of, and refusals. */
  readonly complaints: readonly string[];
}

/** A client that follows heads and logs for the whole soak and comes back when it is cut off. */
export interface SoakClient {
  readonly name: string;
  /** Resolves once it is subscribed for the first time. */
  start(): Promise<void>;
  /** Whether it has everything up to this block. */
  hasReached(block: FinalBlock): boolean;
  /** Trunkline is about to end: being cut is no surprise until `expectCuts(false)`. */
  expectCuts(isExpected: boolean): void;
  stop(): void;
  report(chain: readonly FinalBlock[]): ClientReport;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly params?: {
    readonly subscription: string;
    readonly cursor?: string;
    readonly topic?: string;
    readonly data?: unknown;
    readonly result?: unknown;
  };
}

const retryMs = 100;
/** How long it stays away when it cut its connection itself: a few blocks, or there is nothing to go on with. */
const awayMs = 900;

/** The connection of a client: made again whenever it ends. */
abstract class Reconnecting {
  connections = 0;
  cut = 0;
  readonly complaints: string[] = [];
  readonly #url: string;
  readonly #subscribed = Promise.withResolvers<void>();
  #socket: WebSocket | undefined;
  #isCutExpected = false;
  /** The socket that it cut itself. */
  #dropped: WebSocket | undefined;
  #isStopped = false;

  constructor(url: string) {
    this.#url = url;
  }

  start(): Promise<void> {
    this.#connect();
    return this.#subscribed.promise;
  }

  expectCuts(isExpected: boolean): void {
    this.#isCutExpected = isExpected;
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.terminate();
  }

  /** Cuts the connection as a failing network does. */
  protected drop(): void {
    this.#dropped = this.#socket;
    this.#socket?.terminate();
  }

  protected isSubscribed(): void {
    this.#subscribed.resolve();
  }

  protected complain(text: string): void {
    if (this.complaints.length < 8) this.complaints.push(text);
  }

  /** The requests that subscribe. */
  protected abstract requests(): readonly object[];
  protected abstract onMessage(message: Message): void;
  protected onConnect(): void {}

  #connect(): void {
    const socket = new WebSocket(this.#url, { perMessageDeflate: false });
    this.#socket = socket;
    let wasOpen = false;
    socket.on('open', () => {
      wasOpen = true;
      this.connections++;
      this.onConnect();
      for (const request of this.requests()) socket.send(JSON.stringify({ jsonrpc: '2.0', ...request }));
    });
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.error !== undefined) this.complain(message.error.message);
      else this.onMessage(message);
    });
    socket.on('close', (code, reason) => {
      if (this.#isStopped) return;
      if (wasOpen && !this.#isCutExpected && this.#dropped !== socket) {
        this.cut++;
        this.complain(`closed with ${code} ${reason}`);
      }
      void delay(this.#dropped === socket ? awayMs : retryMs).then(() => {
        if (!this.#isStopped) this.#connect();
      });
    });
  }
}

/** A client of `/feed`, which goes on behind the last event that it has seen. */
export class FeedSoakClient extends Reconnecting implements SoakClient {
  readonly name: string;
  readonly #topics: readonly string[];
  readonly #account = new EventAccount(true);
  readonly #timer: NodeJS.Timeout | undefined;
  #cursor: string | undefined;

  /** @param dropEveryMs milliseconds after which it cuts its connection, again and again. @default never */
  constructor(name: string, url: string, topics: readonly string[], dropEveryMs?: number) {
    super(url);
    this.name = name;
    this.#topics = topics;
    if (dropEveryMs !== undefined) this.#timer = setInterval(() => this.drop(), dropEveryMs);
  }

  override stop(): void {
    clearInterval(this.#timer);
    super.stop();
  }

  hasReached({ hash, logIndexes }: FinalBlock): boolean {
    return this.#account.tipHash === hash && this.#account.tipLogs === logIndexes.length;
  }

  report(chain: readonly FinalBlock[]): ClientReport {
    const { name, connections, cut, complaints } = this;
    return { name, connections, cut, complaints, ...this.#account.verdict(chain) };
  }

  protected override requests(): readonly object[] {
    return [
      { id: 1, method: 'feed_subscribe', params: { topics: this.#topics, from: this.#cursor ?? 'latest' } },
    ];
  }

  protected override onMessage({ id, method, params, result }: Message): void {
    if (id === 1) {
      this.#cursor ??= (result as { readonly cursor: string }).cursor;
      this.isSubscribed();
      return;
    }
    if (params === undefined || method === 'feed_closing') return;
    this.#cursor = params.cursor;
    if (method === 'feed_gap') this.complain(JSON.stringify(params.data));
    else if (method === 'feed_reorg')
      this.#account.reorged(
        (params.data as { readonly orphaned: { number: number; hash: string }[] }).orphaned,
      );
    else if (params.topic?.endsWith('.heads') === true) this.#account.head(params.data as SeenHead);
    else this.#account.log(params.data as SeenLog);
  }
}

/** Blocks before the end of a connection that a reorganisation may have changed while nobody listened. */
const margin = 8;

/** A client of `eth_subscribe`, as any library is: when its connection ends it begins anew, and what came meanwhile is not its own. */
export class EthSoakClient extends Reconnecting implements SoakClient {
  readonly name: string;
  readonly #address: string;
  /** One for each connection. */
  readonly #accounts: EventAccount[] = [];
  #logsId: unknown;
  #answers = 0;

  constructor(name: string, url: string, address: string) {
    super(url);
    this.name = name;
    this.#address = address;
  }

  hasReached({ hash, logIndexes }: FinalBlock): boolean {
    const account = this.#accounts.at(-1);
    return account?.tipHash === hash && account.tipLogs === logIndexes.length;
  }

  report(chain: readonly FinalBlock[]): ClientReport {
    const verdicts = this.#accounts.map((account, at) =>
      account.verdict(chain, at === this.#accounts.length - 1 ? undefined : account.tip - margin),
    );
    const sum = (key: 'heads' | 'logs' | 'removed' | 'lost' | 'repeated' | 'disordered') =>
      verdicts.reduce((total, verdict) => total + verdict[key], 0);
    const { name, connections, cut, complaints } = this;
    return {
      name,
      connections,
      cut,
      complaints,
      heads: sum('heads'),
      logs: sum('logs'),
      removed: sum('removed'),
      lost: sum('lost'),
      repeated: sum('repeated'),
      disordered: sum('disordered'),
      remarks: verdicts.flatMap(({ remarks }) => remarks),
    };
  }

  protected override onConnect(): void {
    this.#answers = 0;
    this.#logsId = undefined;
  }

  protected override requests(): readonly object[] {
    // Logs first: when heads begin to come, their logs do.
    return [
      { id: 1, method: 'eth_subscribe', params: ['logs', { address: this.#address }] },
      { id: 2, method: 'eth_subscribe', params: ['newHeads'] },
    ];
  }

  protected override onMessage({ id, params, result }: Message): void {
    if (id !== undefined) {
      if (id === 1) this.#logsId = result;
      if (++this.#answers === 2) {
        this.#accounts.push(new EventAccount(false));
        this.isSubscribed();
      }
    } else if (params !== undefined && this.#answers === 2) {
      const account = this.#accounts.at(-1)!;
      if (params.subscription === this.#logsId) account.log(params.result as SeenLog);
      else account.head(params.result as SeenHead);
    }
  }
}
