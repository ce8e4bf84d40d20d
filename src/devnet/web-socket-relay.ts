import { connect, type Socket } from 'node:net';
import { upstreamRequest } from './http-answer.ts';
import { HttpMessage } from './http-message.ts';
import type { RpcVerdict } from './lag.ts';
import { LagGate } from './lag-gate.ts';
import type { ProviderContext } from './provider-context.ts';
import { resetSocket } from './reset-socket.ts';
import { RpcFaults } from './rpc-faults.ts';
import { eachMethod, idKey, methodOf, parseRpc, type RpcMessage } from './rpc-message.ts';
import { clientFrame, FrameReader, FrameWalker, opcode, type WebSocketFrame } from './web-socket-frame.ts';
import { WebSocketOutbox } from './web-socket-outbox.ts';

/** Calls whose answer is awaited while the provider has faults; above it the oldest is forgotten. */
const maxCalls = 10_000;
/** Frames that may wait to be passed on to the upstream; above it the connection is cut. */
const maxQueued = 100_000;

/** What a client sent: the frames as they came, and the text that they carry, if any. */
interface Inbound {
  readonly wires: readonly Buffer[];
  readonly payload: Buffer | undefined;
}

interface OpenCall {
  readonly call: RpcMessage;
  readonly after: ((answer: RpcMessage) => RpcMessage) | undefined;
  /** Answers of the provider's own that belong into the same batch. */
  readonly others: readonly RpcMessage[];
}

/**
 * One WebSocket of a simulated provider, and its own to the upstream.
 *
 * Without faults, what comes from the upstream is passed on in the pieces in which it comes; only the ends of the frames
 * are followed, so that a fault set at any time begins with the next frame. With faults, messages are decoded.
 */
export class WebSocketRelay {
  readonly #client: Socket;
  readonly #context: ProviderContext;
  readonly #upstream: Socket;
  readonly #handshake = new HttpMessage('response', { collect: true });
  readonly #rpc: RpcFaults;
  readonly #outbox: WebSocketOutbox;
  readonly #gate: LagGate;
  readonly #fromClient = new FrameReader();
  readonly #fromUpstream = new FrameReader();
  readonly #walker = new FrameWalker();
  readonly #calls = new Map<string, OpenCall>();
  #clientParts: WebSocketFrame[] = [];
  #upstreamParts: WebSocketFrame[] = [];
  #queue: Inbound[] = [];
  #isServing = false;
  #subscriptions = 0;

  /** Passes the handshake on at once. */
  constructor(client: Socket, context: ProviderContext, request: HttpMessage) {
    this.#client = client;
    this.#context = context;
    this.#rpc = new RpcFaults(context, 'ws');
    this.#outbox = new WebSocketOutbox(client, context);
    this.#gate = new LagGate(context, payload => this.#outbox.text(payload, ['eth_subscription']));
    const { host, port, path } = context.upstream;
    this.#upstream = connect({ host, port, noDelay: true });
    this.#upstream.write(upstreamRequest(request, context.path === undefined ? undefined : path));
    this.#upstream.on('data', (chunk: Buffer) => this.#guarded(() => this.#onUpstreamData(chunk)));
    this.#upstream.on('error', () => {});
    this.#upstream.on('close', () => client.end());
    client.on('data', (chunk: Buffer) => this.#guarded(() => this.fromClient(chunk)));
    client.on('drain', () => this.#resume());
    client.on('close', () => {
      this.#upstream.destroy();
      this.#gate.close();
      this.#context.subscriptions.count -= this.#subscriptions;
      this.#subscriptions = 0;
    });
  }

  /** Takes in that the faults have changed. */
  update(): void {
    if (this.#context.faults.isFrozen('ws')) this.#upstream.pause();
    else this.#resume();
    this.#gate.update();
    this.#serveQueue();
  }

  /** Takes in bytes of the client. */
  fromClient(chunk: Buffer): void {
    for (const frame of this.#fromClient.push(chunk)) {
      if (frame.opcode !== opcode.text && frame.opcode !== opcode.continuation) {
        this.#queue.push({ wires: [frame.wire], payload: undefined });
        continue;
      }
      this.#clientParts.push(frame);
      if (!frame.isFinal) continue;
      const payload = Buffer.concat(this.#clientParts.map(part => part.payload));
      this.#queue.push({ wires: this.#clientParts.map(part => part.wire), payload });
      this.#clientParts = [];
      this.#count(payload);
    }
    if (this.#queue.length > maxQueued) throw new Error('too many frames wait');
    this.#serveQueue();
  }

  #count(payload: Buffer): void {
    const now = this.#context.clock.now();
    eachMethod(payload, method => {
      this.#context.calls.add(method, now);
      const wanted = this.#context.dialect.subscriptionChange(method);
      const change = wanted < 0 && this.#subscriptions === 0 ? 0 : wanted;
      this.#subscriptions += change;
      this.#context.subscriptions.count += change;
    });
  }

  #serveQueue(): void {
    const { faults } = this.#context;
    while (!this.#isServing && this.#handshake.isComplete && this.#queue.length > 0) {
      if (faults.isFrozen('ws')) return;
      const item = this.#queue.shift() as Inbound;
      if (faults.isEmpty || item.payload === undefined) {
        for (const wire of item.wires) this.#upstream.write(wire);
        continue;
      }
      this.#isServing = true;
      const done = () => {
        this.#isServing = false;
        this.#serveQueue();
      };
      this.#serve(item, item.payload).then(done, () => this.#client.destroy());
    }
  }

  /** Passes a message on while the provider has faults. */
  async #serve(item: Inbound, payload: Buffer): Promise<void> {
    const { faults } = this.#context;
    const rpc = parseRpc(payload);
    const methods = rpc?.calls.map(methodOf) ?? [];
    const hang = faults.take('hang', 'ws', methods);
    if (hang !== undefined) {
      void this.#hold(hang, item);
      return;
    }
    if (faults.get('reset')?.stage === 'request' && faults.take('reset', 'ws', methods) !== undefined) {
      resetSocket(this.#client);
      return;
    }
    if (rpc === undefined) {
      for (const wire of item.wires) this.#upstream.write(wire);
      return;
    }
    const verdicts = await Promise.all(rpc.calls.map(call => this.#rpc.before(call)));
    this.#dispatch(rpc.calls, verdicts, rpc.isBatch, item);
  }

  #dispatch(
    calls: readonly RpcMessage[],
    verdicts: readonly RpcVerdict[],
    isBatch: boolean,
    item: Inbound,
  ): void {
    const forwarded: RpcMessage[] = [];
    let answers: RpcMessage[] = [];
    let isChanged = false;
    for (const [index, verdict] of verdicts.entries()) {
      const call = calls[index] as RpcMessage;
      if ('answer' in verdict) answers.push(this.#rpc.finish(call, verdict.answer));
      else {
        forwarded.push(verdict.call);
        if (verdict.call !== call) isChanged = true;
      }
    }
    if (forwarded.length === 0) {
      this.#outbox.text(encode(isBatch ? answers : answers[0]), calls.map(methodOf));
      return;
    }
    for (const [index, verdict] of verdicts.entries()) {
      const call = calls[index] as RpcMessage;
      if ('answer' in verdict || call.id === undefined) continue;
      this.#calls.set(idKey(call), { call, after: verdict.after, others: answers });
      answers = [];
      if (this.#calls.size > maxCalls) this.#calls.delete(this.#calls.keys().next().value as string);
    }
    if (forwarded.length < calls.length || isChanged) {
      this.#upstream.write(clientFrame(opcode.text, encode(isBatch ? forwarded : forwarded[0])));
    } else for (const wire of item.wires) this.#upstream.write(wire);
  }

  async #hold(hang: Parameters<ProviderContext['faults']['isHealed']>[0], item: Inbound): Promise<void> {
    const { faults } = this.#context;
    while (!faults.isHealed(hang) && !this.#client.destroyed) await faults.changed(this.#client);
    this.#queue.push(item);
    this.#serveQueue();
  }

  #onUpstreamData(data: Buffer): void {
    let chunk = data;
    if (!this.#handshake.isComplete) {
      chunk = chunk.subarray(this.#handshake.push(chunk));
      if (!this.#handshake.isComplete) return;
      this.#client.write(this.#handshake.wire());
      this.#serveQueue();
    }
    if (chunk.length === 0) return;
    if (this.#passesThrough()) {
      this.#walker.walk(chunk, false);
      if (!this.#client.write(chunk)) this.#upstream.pause();
      return;
    }
    const begun = this.#walker.isBetween ? 0 : this.#walker.walk(chunk, true);
    if (begun > 0) this.#outbox.raw(chunk.subarray(0, begun));
    for (const frame of this.#fromUpstream.push(chunk.subarray(begun))) this.#onUpstreamFrame(frame);
  }

  #passesThrough(): boolean {
    const isIdle = this.#outbox.isEmpty && this.#gate.isEmpty && this.#calls.size === 0;
    return (
      this.#context.faults.isEmpty && isIdle && this.#fromUpstream.isEmpty && this.#upstreamParts.length === 0
    );
  }

  #onUpstreamFrame(frame: WebSocketFrame): void {
    const isContinuation = frame.opcode === opcode.continuation;
    // The beginning of the message was passed on before the fault was set.
    const isOrphan = isContinuation && this.#upstreamParts.length === 0;
    if (isOrphan || (frame.opcode !== opcode.text && !isContinuation)) {
      this.#outbox.raw(frame.wire);
      return;
    }
    this.#upstreamParts.push(frame);
    if (!frame.isFinal) return;
    const payload = Buffer.concat(this.#upstreamParts.map(part => part.payload));
    this.#upstreamParts = [];
    this.#onMessage(payload);
  }

  #onMessage(payload: Buffer): void {
    const rpc = parseRpc(payload);
    const first = rpc?.calls[0];
    if (rpc === undefined || first === undefined) this.#outbox.text(payload, []);
    else if (this.#context.dialect.eventMethod(first) !== undefined) this.#onEvent(first, payload);
    else this.#onAnswer(rpc.calls, rpc.isBatch, payload);
  }

  #onEvent(event: RpcMessage, payload: Buffer): void {
    const params = (event.params ?? {}) as RpcMessage;
    const block = this.#context.dialect.blockOfEvent(params.result);
    const result = this.#rpc.event(params.result);
    const changed =
      result === undefined || result === params.result
        ? payload
        : encode({ ...event, params: { ...params, result } });
    if (block === undefined) this.#outbox.text(changed, [methodOf(event)]);
    else this.#gate.admit(block, changed);
  }

  #onAnswer(answers: readonly RpcMessage[], isBatch: boolean, payload: Buffer): void {
    const methods: string[] = [];
    const changed: RpcMessage[] = [];
    for (const answer of answers) {
      const open = this.#calls.get(idKey(answer));
      if (open === undefined) {
        changed.push(answer);
        continue;
      }
      this.#calls.delete(idKey(answer));
      methods.push(methodOf(open.call));
      changed.push(
        this.#rpc.finish(open.call, open.after === undefined ? answer : open.after(answer)),
        ...open.others,
      );
    }
    const isSame =
      changed.length === answers.length && changed.every((answer, index) => answer === answers[index]);
    this.#outbox.text(isSame ? payload : encode(isBatch ? changed : changed[0]), methods);
  }

  #resume(): void {
    if (!this.#context.faults.isFrozen('ws') && !this.#client.writableNeedDrain) this.#upstream.resume();
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch {
      this.#client.destroy();
    }
  }
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
