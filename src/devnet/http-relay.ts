import { connect, type Socket } from 'node:net';
import { headOf, httpAnswer, upstreamRequest } from './http-answer.ts';
import { HttpExchange } from './http-exchange.ts';
import { HttpMessage } from './http-message.ts';
import type { ProviderContext } from './provider-context.ts';
import { eachMethod } from './rpc-message.ts';
import { WebSocketRelay } from './web-socket-relay.ts';

/** Requests that may wait on one connection, in bytes; above it the connection is cut. */
const maxQueuedBytes = 64 * 1024 * 1024;

/**
 * One client connection of a simulated provider, and its own connection to the upstream.
 *
 * Requests are read and counted as they arrive, faults or none, and served one after the other. Without a fault a
 * request is passed on in one write, with the path replaced, and the answer's bytes go back as they come: four
 * system calls, and only the ends of the messages are looked for.
 */
export class HttpRelay {
  readonly #client: Socket;
  readonly #context: ProviderContext;
  readonly #exchange: HttpExchange;
  #incoming: HttpMessage | undefined;
  #queue: HttpMessage[] = [];
  #queuedBytes = 0;
  #isBusy = false;
  #isUpgrading = false;
  #afterUpgrade: Buffer[] = [];
  #upstream: Socket | undefined;
  #answer: HttpMessage | undefined;
  #collected: ((answer: HttpMessage | undefined) => void) | undefined;
  #hasAnswered = false;
  #webSocket: WebSocketRelay | undefined;

  constructor(client: Socket, context: ProviderContext) {
    this.#client = client;
    this.#context = context;
    this.#exchange = new HttpExchange(client, context, request => this.#collect(request));
    client.on('data', this.#onData);
    client.on('drain', this.#onDrain);
    client.on('close', () => {
      this.#upstream?.destroy();
      this.#collected?.(undefined);
    });
    client.on('error', () => {});
  }

  get isWebSocket(): boolean {
    return this.#webSocket !== undefined || this.#isUpgrading;
  }

  /** Takes in that the faults have changed. */
  update(): void {
    if (this.#webSocket !== undefined) {
      this.#webSocket.update();
      return;
    }
    if (this.#context.faults.isFrozen('http')) this.#upstream?.pause();
    else this.#onDrain();
    this.#serveNext();
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#read(chunk);
    } catch {
      this.#client.destroy();
    }
  };

  readonly #onDrain = (): void => {
    if (!this.#context.faults.isFrozen('http') && !this.#client.writableNeedDrain) this.#upstream?.resume();
  };

  #read(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#isUpgrading) {
        this.#afterUpgrade.push(rest);
        break;
      }
      this.#incoming ??= new HttpMessage('request', { collect: true });
      const message = this.#incoming;
      rest = rest.subarray(message.push(rest));
      if (!message.isComplete) break;
      this.#incoming = undefined;
      this.#arrived(message);
    }
    this.#serveNext();
  }

  #arrived(message: HttpMessage): void {
    if (message.header('upgrade') === 'websocket') this.#isUpgrading = true;
    else {
      const now = this.#context.clock.now();
      eachMethod(message.body(), method => this.#context.calls.add(method, now));
    }
    this.#queue.push(message);
    this.#queuedBytes += message.wire().length;
    if (this.#queuedBytes > maxQueuedBytes) throw new Error('too many requests wait');
  }

  #serveNext(): void {
    const { faults } = this.#context;
    if (this.#isBusy || this.#queue.length === 0 || this.#client.destroyed) return;
    const isUpgrade = this.#isUpgrading && this.#queue.length === 1;
    if (!faults.isEmpty && faults.isFrozen(isUpgrade ? 'ws' : 'http')) return;
    const request = this.#queue.shift() as HttpMessage;
    this.#queuedBytes -= request.wire().length;
    this.#isBusy = true;
    if (!this.#isServed(request)) this.#refuseKey();
    else if (isUpgrade) void this.#upgrade(request);
    else if (faults.isEmpty) this.#passOn(request);
    else
      this.#exchange.serve(request).then(
        () => this.#served(),
        () => this.#client.destroy(),
      );
  }

  #isServed(request: HttpMessage): boolean {
    const { path } = this.#context;
    if (path === undefined) return true;
    const at = request.head.indexOf(' ') + 1;
    const next = request.head[at + path.length];
    return request.head.startsWith(path, at) && (next === ' ' || next === '?');
  }

  #refuseKey(): void {
    const answer = httpAnswer(
      '401 Unauthorized',
      'text/plain',
      'invalid project id',
      'connection: close\r\n',
    );
    this.#client.end(Buffer.concat([headOf(answer, `content-length: ${answer.body.length}`), answer.body]));
  }

  #served(): void {
    this.#isBusy = false;
    this.#hasAnswered = false;
    this.#serveNext();
  }

  #passOn(request: HttpMessage): void {
    const isBodyless = request.head.startsWith('HEAD ');
    this.#answer = new HttpMessage('response', { collect: false, isBodyless });
    this.#send(request);
  }

  #send(request: HttpMessage): void {
    const { path, upstream } = this.#context;
    this.#connected().write(upstreamRequest(request, path === undefined ? undefined : upstream.path));
  }

  #collect(request: Buffer): Promise<HttpMessage | undefined> {
    return new Promise(resolve => {
      if (this.#client.destroyed) return resolve(undefined);
      this.#answer = new HttpMessage('response', { collect: true });
      this.#collected = answer => {
        this.#answer = undefined;
        this.#collected = undefined;
        resolve(answer);
      };
      this.#connected().write(request);
    });
  }

  #connected(): Socket {
    if (this.#upstream !== undefined) return this.#upstream;
    const { host, port } = this.#context.upstream;
    const socket = connect({ host, port, noDelay: true });
    socket.on('data', (chunk: Buffer) => this.#onUpstreamData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#onUpstreamClose());
    this.#upstream = socket;
    return socket;
  }

  #onUpstreamData(chunk: Buffer): void {
    const answer = this.#answer;
    if (answer === undefined) return;
    try {
      answer.push(chunk);
    } catch {
      this.#client.destroy();
      return;
    }
    if (this.#collected !== undefined) {
      if (answer.isComplete) this.#collected(answer);
      return;
    }
    this.#hasAnswered = true;
    if (!this.#client.write(chunk)) this.#upstream?.pause();
    if (!answer.isComplete) return;
    this.#answer = undefined;
    this.#served();
  }

  #onUpstreamClose(): void {
    this.#upstream = undefined;
    const answer = this.#answer;
    this.#answer = undefined;
    if (this.#collected !== undefined)
      this.#collected(answer?.endsWithConnection === true ? answer : undefined);
    else if (answer === undefined || answer.endsWithConnection) {
      // An idle connection ended by the upstream ends here too, unless a fault is being played out on it.
      if (!this.#isBusy || answer !== undefined) this.#client.end();
    } else if (this.#hasAnswered) this.#client.destroy();
    else {
      const refused = httpAnswer(
        '502 Bad Gateway',
        'text/plain',
        'the upstream does not answer',
        'connection: close\r\n',
      );
      this.#client.end(
        Buffer.concat([headOf(refused, `content-length: ${refused.body.length}`), refused.body]),
      );
    }
  }

  async #upgrade(request: HttpMessage): Promise<void> {
    if (!(await this.#exchange.admitsHandshake())) return;
    this.#client.off('data', this.#onData);
    this.#client.off('drain', this.#onDrain);
    this.#upstream?.destroy();
    this.#webSocket = new WebSocketRelay(this.#client, this.#context, request);
    for (const chunk of this.#afterUpgrade) this.#webSocket.fromClient(chunk);
    this.#afterUpgrade = [];
    this.#webSocket.update();
  }
}
