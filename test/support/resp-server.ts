import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/clock/system-clock.ts';
import { type RespValue, readReply } from '../../src/protocol/resp/reply-reader.ts';
import { type RespDependencies, RespListener } from '../../src/resp/resp-listener.ts';
import type { RespOptions } from '../../src/resp/resp-options.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../src/telemetry/prom-metric-registry.ts';
import { MapStorage } from './map-storage.ts';

export const respOptions: RespOptions = {
  host: '127.0.0.1',
  port: 0,
  maxConnections: 100,
  maxBulkBytes: 2 ** 20,
  maxArguments: 1000,
  maxInlineBytes: 65_536,
  maxOutputBytes: 8 * 2 ** 20,
  maxTotalOutputBytes: 64 * 2 ** 20,
  idleTimeoutMs: 0,
  store: 0,
};

export interface RespServer {
  readonly listener: RespListener;
  readonly storage: MapStorage;
  readonly metrics: PromMetricRegistry;
}

/** A RESP listener over a Map, closed with the test. */
export async function startRespServer(
  t: TestContext,
  options: Partial<RespOptions> = {},
  dependencies: Partial<RespDependencies> = {},
): Promise<RespServer> {
  const storage = new MapStorage();
  const metrics = new PromMetricRegistry();
  const listener = new RespListener(
    { ...respOptions, ...options },
    {
      storage,
      figures: () => ({
        isReady: true,
        keys: storage.values.size,
        keysWithExpiry: 0,
        usedBytes: 4096,
        maxBytes: 2 ** 30,
      }),
      clock: systemClock,
      log: silentLog,
      metrics,
      ...dependencies,
    },
  );
  await listener.listen();
  t.after(() => listener.close());
  return { listener, storage, metrics };
}

/** A raw connection: bytes out, replies in. */
export class RespWire {
  readonly socket: Socket;
  readonly #closed: Promise<void>;
  #bytes = Buffer.alloc(0);
  #at = 0;
  #isClosed = false;
  #onMore: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
      this.#at = 0;
      this.#onMore();
    });
    this.socket.on('error', () => {});
    this.#closed = new Promise(resolve => {
      this.socket.on('close', () => {
        this.#isClosed = true;
        this.#onMore();
        resolve();
      });
    });
  }

  /** Settles when the connection is closed. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** What was received and not read yet, as text. */
  get rest(): string {
    return this.#bytes.toString('latin1', this.#at);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends commands, each a list of words, in one piece. */
  send(...commands: readonly (readonly (string | Buffer)[])[]): void {
    const parts: Buffer[] = [];
    for (const words of commands) {
      parts.push(Buffer.from(`*${words.length}\r\n`));
      for (const word of words) {
        const bytes = typeof word === 'string' ? Buffer.from(word) : word;
        parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
      }
    }
    this.write(Buffer.concat(parts));
  }

  /** The next reply. @throws when the connection is closed before, or after 5 s */
  async read(): Promise<RespValue> {
    return (await this.#next()).value;
  }

  /** The bytes of the next reply, as text. */
  async readRaw(): Promise<string> {
    const start = this.#at;
    const before = this.#bytes;
    const { end } = await this.#next();
    return this.#bytes.toString('latin1', before === this.#bytes ? start : 0, end);
  }

  /** Sends one command and reads its reply as text of the wire. */
  async raw(...words: readonly (string | Buffer)[]): Promise<string> {
    this.send(words);
    return this.readRaw();
  }

  /** Sends one command and reads its reply. */
  async command(...words: readonly (string | Buffer)[]): Promise<RespValue> {
    this.send(words);
    return this.read();
  }

  end(): void {
    this.socket.destroy();
  }

  async #next(): Promise<{ value: RespValue; end: number }> {
    const limit = AbortSignal.timeout(5000);
    for (;;) {
      const reply = readReply(this.#bytes, this.#at);
      if (reply !== undefined) {
        this.#at = reply.end;
        return reply;
      }
      if (this.#isClosed) throw new Error(`closed; received ${JSON.stringify(this.rest.slice(0, 200))}`);
      if (limit.aborted) throw new Error(`no reply; received ${JSON.stringify(this.rest.slice(0, 200))}`);
      await new Promise<void>(resolve => {
        this.#onMore = resolve;
        limit.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}

/** A raw connection to the listener, closed with the test. */
export function wire(t: TestContext, server: { readonly listener: { readonly port: number } }): RespWire {
  const connection = new RespWire(server.listener.port);
  t.after(() => connection.end());
  return connection;
}
