import type { Socket } from 'node:net';
import { bytesLeft, sleep, takeDegradation, write, writeDegraded, writeEndlessly } from './degraded-write.ts';
import { answerOf, type HttpAnswer, headOf, jsonAnswer, upstreamRequest } from './http-answer.ts';
import { refusal } from './http-faults.ts';
import type { HttpMessage } from './http-message.ts';
import type { ProviderContext } from './provider-context.ts';
import { resetSocket } from './reset-socket.ts';
import { RpcFaults } from './rpc-faults.ts';
import { idKey, methodOf, parseRpc, type RpcMessage, type RpcRequest } from './rpc-message.ts';

/** Sends bytes to the upstream and returns its whole answer; undefined: it gave none. */
export type AskUpstream = (request: Buffer) => Promise<HttpMessage | undefined>;

/** Serves one HTTP request of a provider that has faults. */
export class HttpExchange {
  readonly #client: Socket;
  readonly #context: ProviderContext;
  readonly #upstreamPath: string | undefined;
  readonly #ask: AskUpstream;
  readonly #rpc: RpcFaults;

  constructor(client: Socket, context: ProviderContext, ask: AskUpstream) {
    this.#client = client;
    this.#context = context;
    this.#upstreamPath = context.path === undefined ? undefined : context.upstream.path;
    this.#ask = ask;
    this.#rpc = new RpcFaults(context, 'http');
  }

  /** Resolves once the answer is sent, or the connection is cut. */
  async serve(request: HttpMessage): Promise<void> {
    const { faults, clock } = this.#context;
    const rpc = parseRpc(request.body());
    const methods = rpc?.calls.map(methodOf) ?? [];
    await this.hold(methods);
    if (this.#resets('request', methods)) return;
    const answer = refusal(this.#context, 'http', methods) ?? (await this.#answer(request, rpc));
    const degradation = takeDegradation(faults, 'http', methods);
    if (degradation.delayMs > 0) await sleep(clock, degradation.delayMs);
    while (faults.isFrozen('http') && !this.#client.destroyed) await faults.changed(this.#client);
    const huge = faults.take('huge', 'http', methods);
    if (huge !== undefined) return this.#sendEndlessly(huge);
    if (answer === undefined) {
      this.#client.destroy();
      return;
    }
    const { truncate } = degradation;
    const keep = truncate === undefined ? answer.body.length : bytesLeft(truncate, answer.body.length);
    const body = truncate?.style === 'body' ? answer.body.subarray(0, keep) : answer.body;
    const head = headOf(answer, `content-length: ${body.length}`);
    await writeDegraded(
      this.#client,
      Buffer.concat([head, body]),
      degradation,
      head.length + keep,
      this.#context,
    );
    if (request.header('connection') === 'close') this.#client.end();
  }

  /** Whether a WebSocket handshake may go on; when not, it has been answered. */
  async admitsHandshake(): Promise<boolean> {
    const { faults, clock } = this.#context;
    await this.hold([], 'ws');
    if (this.#resets('request', [], 'ws') || this.#resets('response', [], 'ws')) return false;
    const dropped =
      faults.get('drop-ws') === undefined
        ? undefined
        : { status: '503 Service Unavailable', headers: '', body: Buffer.alloc(0) };
    const answer = dropped ?? refusal(this.#context, 'ws', []);
    const delay = faults.take('delay', 'ws', []);
    if (delay !== undefined) await sleep(clock, delay.ms);
    if (answer === undefined) return !this.#client.destroyed;
    await write(
      this.#client,
      Buffer.concat([
        headOf(answer, `connection: close\r\ncontent-length: ${answer.body.length}`),
        answer.body,
      ]),
    );
    this.#client.end();
    return false;
  }

  /** Waits as long as `hang` holds calls of these methods. */
  async hold(methods: readonly string[], transport: 'http' | 'ws' = 'http'): Promise<void> {
    const { faults } = this.#context;
    const hang = faults.isFrozen(transport) ? undefined : faults.take('hang', transport, methods);
    if (hang === undefined) return;
    while (!faults.isHealed(hang) && !this.#client.destroyed) await faults.changed(this.#client);
  }

  #resets(
    stage: 'request' | 'response',
    methods: readonly string[],
    transport: 'http' | 'ws' = 'http',
  ): boolean {
    const { faults } = this.#context;
    if (faults.get('reset')?.stage !== stage || faults.take('reset', transport, methods) === undefined)
      return false;
    resetSocket(this.#client);
    return true;
  }

  async #answer(request: HttpMessage, rpc: RpcRequest | undefined): Promise<HttpAnswer | undefined> {
    if (rpc === undefined) return this.#forward(request);
    const verdicts = await Promise.all(rpc.calls.map(call => this.#rpc.before(call)));
    const forwarded: RpcMessage[] = [];
    let isUntouched = this.#context.faults.get('wrong-id') === undefined;
    for (const [index, verdict] of verdicts.entries()) {
      if (!('call' in verdict)) isUntouched = false;
      else {
        forwarded.push(verdict.call);
        if (verdict.call !== rpc.calls[index] || verdict.after !== undefined) isUntouched = false;
      }
    }
    if (isUntouched) return this.#forward(request);

    const answers = new Map<string, RpcMessage>();
    if (forwarded.length > 0) {
      const body = Buffer.from(JSON.stringify(rpc.isBatch ? forwarded : forwarded[0]));
      const answer = await this.#forward(request, body);
      const parsed = answer === undefined ? undefined : parseRpc(answer.body);
      if (parsed === undefined) return answer;
      for (const message of parsed.calls) answers.set(idKey(message), message);
    }
    const messages: RpcMessage[] = [];
    for (const [index, verdict] of verdicts.entries()) {
      const call = rpc.calls[index] as RpcMessage;
      const upstream = 'answer' in verdict ? verdict.answer : answers.get(idKey(call));
      if (upstream === undefined) continue;
      const after = 'after' in verdict ? verdict.after : undefined;
      messages.push(this.#rpc.finish(call, after === undefined ? upstream : after(upstream)));
    }
    return jsonAnswer(rpc.isBatch ? messages : messages[0]);
  }

  async #forward(request: HttpMessage, body?: Buffer): Promise<HttpAnswer | undefined> {
    const message = await this.#ask(upstreamRequest(request, this.#upstreamPath, body));
    return message === undefined ? undefined : answerOf(message);
  }

  async #sendEndlessly(
    huge: { readonly bytes: number } & Parameters<typeof writeEndlessly>[1],
  ): Promise<void> {
    const isAnnounced = huge.bytes > 0;
    const framing = isAnnounced ? `content-length: ${huge.bytes}` : 'transfer-encoding: chunked';
    const start = Buffer.from('{"jsonrpc":"2.0","id":1,"result":"0x');
    const block = (bytes: Buffer) =>
      isAnnounced
        ? bytes
        : Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
    await write(
      this.#client,
      headOf({ status: '200 OK', headers: 'content-type: application/json\r\n' }, framing),
    );
    if (!isAnnounced) await write(this.#client, block(start));
    await writeEndlessly(this.#client, huge, block, this.#context.faults);
    this.#client.destroy();
  }
}
