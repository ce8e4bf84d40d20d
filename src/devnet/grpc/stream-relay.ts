import { type ClientDuplexStream, Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { TimerHandle } from '../../clock/clock.ts';
import { geyserMethods, subscribeRequestCodec } from '../../protocol/geyser/geyser-codec.ts';
import {
  askSlot,
  endings,
  type GrpcContext,
  type GrpcEnd,
  refusal,
  upstreamMetadata,
} from './grpc-context.ts';
import { StreamFaults } from './stream-faults.ts';

const bytes = (message: Buffer) => message;
const maxHeld = 10_000;
const pollMs = 100;

interface Held {
  readonly message: Buffer;
  readonly slot: number | undefined;
}

/** One Geyser stream through a simulated provider: relayed message by message, with the faults of the provider. */
export class StreamRelay {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #context: GrpcContext;
  readonly #upstream: ClientDuplexStream<Buffer, Buffer>;
  readonly #faults: StreamFaults;
  #held: Held[] = [];
  #head = 0;
  #sent = 0;
  #sentBytes = 0;
  #awaitsDrain = false;
  #poll: TimerHandle | undefined;
  #isEnded = false;

  private constructor(call: ServerDuplexStream<Buffer, Buffer>, context: GrpcContext, onEnd: () => void) {
    this.#call = call;
    this.#context = context;
    this.#faults = new StreamFaults(context.faults);
    call.sendMetadata(new Metadata());
    const { path } = geyserMethods.subscribe;
    this.#upstream = context.client.makeBidiStreamRequest(path, bytes, bytes, upstreamMetadata(context));
    call.on('data', (request: Buffer) => void this.#onRequest(request));
    call.on('end', () => this.#upstream.end());
    for (const event of ['cancelled', 'error', 'close']) {
      call.on(event, () => {
        this.#close();
        onEnd();
      });
    }
    this.#upstream.on('data', (message: Buffer) => this.#onMessage(message));
    this.#upstream.on('error', (error: Error & Partial<GrpcEnd>) => {
      this.#end({
        code: error.code ?? status.UNAVAILABLE,
        details: error.details ?? 'the chain does not answer',
      });
    });
    this.#upstream.on('end', () => this.#end(undefined));
  }

  /** Opens a relay, unless a fault has the stream refused. */
  static open(
    call: ServerDuplexStream<Buffer, Buffer>,
    context: GrpcContext,
    onEnd: () => void,
  ): StreamRelay | undefined {
    const refused = refusal(context, 'Subscribe');
    if (refused === undefined) return new StreamRelay(call, context, onEnd);
    call.on('error', () => {});
    call.emit('error', refused);
    return undefined;
  }

  /** Call it when a fault was set or healed. */
  update(): void {
    this.#release();
    const end = this.#context.faults.get('geyser-end');
    if (end !== undefined && end.after <= this.#sent) this.#takeEnd();
  }

  async #onRequest(request: Buffer): Promise<void> {
    if (this.#resets('request')) return;
    try {
      const refused = await replayRefusal(this.#context, request);
      if (refused !== undefined) this.#end(refused);
      if (!this.#isEnded) this.#upstream.write(request);
    } catch {
      this.#end({ code: status.INTERNAL, details: 'the request is not readable' });
    }
  }

  #onMessage(original: Buffer): void {
    const { faults } = this.#context;
    if (faults.isEmpty && this.#held.length === 0 && !this.#faults.isBusy) {
      this.#send(original);
      return;
    }
    const { messages, slot, isPing } = this.#faults.apply(original);
    this.#head = Math.max(this.#head, slot ?? 0);
    const stall = faults.get('geyser-stall');
    for (const message of messages) {
      // What holds updates back lets pings pass, unless it says otherwise.
      if (isPing) {
        if (stall?.pings !== 'stop') this.#send(message);
      } else this.#held.push({ message, slot });
    }
    if (this.#held.length > maxHeld) {
      this.#end(endings.lagged);
      return;
    }
    this.#release();
    const isLagging = this.#held.length > 0 && this.#lag() > 0;
    if (isLagging) this.#poll ??= this.#context.clock.setInterval(() => void this.#askHead(), pollMs);
  }

  /** Slots that the provider is behind. */
  #lag(): number {
    const lag = this.#context.faults.get('lag');
    return lag === undefined || (lag.transport !== 'any' && lag.transport !== 'grpc') ? 0 : lag.blocks;
  }

  #release(): void {
    const { faults } = this.#context;
    if (faults.get('geyser-stall') !== undefined) return;
    const lag = this.#lag();
    const newest = lag === 0 ? Number.POSITIVE_INFINITY : this.#head - lag;
    let due = 0;
    while (due < this.#held.length && (this.#held[due]?.slot ?? 0) <= newest) due++;
    for (const { message } of this.#held.splice(0, due)) {
      if (this.#isEnded) return;
      this.#send(message);
    }
    if (this.#held.length > 0) return;
    this.#context.clock.clearInterval(this.#poll);
    this.#poll = undefined;
  }

  async #askHead(): Promise<void> {
    const head = await askSlot(this.#context);
    this.#head = Math.max(this.#head, head ?? 0);
    if (!this.#isEnded) this.#release();
  }

  #send(message: Buffer): void {
    if (this.#isEnded) return;
    const reset = this.#context.faults.get('reset');
    if (reset?.stage === 'response' && this.#sentBytes >= reset.after_bytes && this.#resets('response'))
      return;
    const end = this.#context.faults.get('geyser-end');
    if (end !== undefined && end.after <= this.#sent) {
      this.#takeEnd();
      return;
    }
    this.#sent++;
    this.#sentBytes += message.length;
    if (this.#call.write(message) || this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.#upstream.pause();
    this.#call.once('drain', () => {
      this.#awaitsDrain = false;
      this.#upstream.resume();
    });
  }

  #takeEnd(): void {
    const taken = this.#context.faults.take('geyser-end', 'grpc', []);
    if (taken !== undefined) this.#end(endings[taken.reason]);
  }

  #resets(stage: 'request' | 'response'): boolean {
    const { faults } = this.#context;
    if (faults.get('reset')?.stage !== stage || faults.take('reset', 'grpc', ['Subscribe']) === undefined)
      return false;
    this.#context.reset(Number(this.#call.getPeer().split(':').at(-1)));
    this.#close();
    return true;
  }

  #end(how: GrpcEnd | undefined): void {
    if (this.#isEnded) return;
    this.#close();
    if (how === undefined) this.#call.end();
    else this.#call.emit('error', how);
  }

  #close(): void {
    this.#isEnded = true;
    this.#held = [];
    this.#context.clock.clearInterval(this.#poll);
    this.#upstream.cancel();
  }
}

/** How a request that starts in the past is refused, when a fault limits that. */
async function replayRefusal(context: GrpcContext, request: Buffer): Promise<GrpcEnd | undefined> {
  const limit = context.faults.get('geyser-replay');
  if (limit === undefined) return undefined;
  const { fromSlot } = subscribeRequestCodec.deserialize(request);
  if (fromSlot === undefined || fromSlot === null) return undefined;
  if (limit.style === 'unsupported') return { code: status.INTERNAL, details: 'from_slot is not supported' };
  const first = ((await askSlot(context)) ?? 0) - limit.slots;
  if (Number(fromSlot) >= first) return undefined;
  const details = `broadcast from ${fromSlot} is not available, last available: ${first}`;
  return { code: status.OUT_OF_RANGE, details };
}
