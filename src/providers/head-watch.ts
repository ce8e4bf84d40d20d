import type { ChainFamily, Head, Probe } from '../chains/chain-family.ts';
import type { ProbeChannel } from './probe-channel.ts';
import type { Provider } from './provider.ts';
import type { StreamHandle } from './stream-source.ts';

interface PolledHead {
  readonly head: Head;
  readonly block: Buffer;
}

/** Follows a provider's newest block: by subscription where its WebSocket is open and not silent, else by polling. */
export class HeadWatch {
  readonly #provider: Provider;
  readonly #channel: ProbeChannel;
  readonly #stopListening: () => void;
  #subscription: StreamHandle | undefined;
  #lastEventAt = Number.NEGATIVE_INFINITY;
  #lastHash: string | undefined;
  #isPolling = false;
  #isStopped = false;

  constructor(provider: Provider, channel: ProbeChannel) {
    this.#provider = provider;
    this.#channel = channel;
    this.#stopListening = provider.socket?.onStateChange(isOpen => this.#onSocket(isOpen)) ?? (() => {});
    this.#onSocket(provider.socket?.isOpen === true);
  }

  /** Asks for the newest block, unless events bring it. Called every `head_poll_interval`. */
  async poll(): Promise<void> {
    const { clock, options, state, socket, http, coolDown } = this.#provider;
    const { head_poll_interval: intervalMs, probe_timeout: timeoutMs } = options.chainConfig.health;
    if (this.#isPolling || (state !== 'up' && state !== 'syncing') || coolDown.isCooling(clock.now())) return;
    // A subscription that brings nothing for two rounds may be dead on the provider's side.
    if (this.#subscription !== undefined && clock.now() - this.#lastEventAt < 2 * intervalMs) return;
    const transport =
      http?.isTrusted === true && this.#provider.httpBreaker?.state === 'closed' ? 'http' : 'websocket';
    if (transport === 'websocket' && socket?.isOpen !== true) return;
    this.#isPolling = true;
    const lastEventAt = this.#lastEventAt;
    const result = await this.#channel.ask(polledHead(options.family), transport, timeoutMs);
    this.#isPolling = false;
    // What an event said meanwhile is newer than this answer.
    if (this.#isStopped || this.#lastEventAt !== lastEventAt) return;
    if (result.kind === 'value') this.#reportPolled(result.value);
    else if (result.kind === 'refused' && result.failure === 'rate_limited')
      coolDown.limited(clock.now(), undefined);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.#subscription?.cancel();
    this.#subscription = undefined;
  }

  /** The answer has the whole block: nobody needs to ask for it again. */
  #reportPolled({ head, block }: PolledHead): void {
    const isNew = head.hash !== this.#lastHash;
    this.#lastHash = head.hash;
    this.#provider.reportHead(head, isNew ? this.#provider.options.family.events.header(block) : undefined);
  }

  #onSocket(isOpen: boolean): void {
    this.#subscription = undefined;
    if (isOpen) void this.#subscribe();
  }

  async #subscribe(): Promise<void> {
    const { clock, options, socket, log } = this.#provider;
    try {
      const subscription = await socket!.subscribe(options.family.subscriptions.heads, {
        onEvent: result => {
          this.#lastEventAt = clock.now();
          const head = options.family.events.head(result);
          if (head === undefined || this.#isStopped) return;
          this.#lastHash = head.hash;
          this.#provider.reportHead(head, result);
        },
        onEnd: () => {
          this.#subscription = undefined;
        },
      });
      if (this.#isStopped || !socket!.isOpen) subscription.cancel();
      else this.#subscription = subscription;
    } catch (error) {
      log.debug('no subscription to new heads, polling instead', { error });
    }
  }
}

/** The family's question for the newest block, with the answer's bytes kept. */
function polledHead({ probes }: ChainFamily): Probe<PolledHead> {
  const { method, params } = probes.head;
  return {
    method,
    params,
    read: block => {
      const head = probes.head.read(block);
      return head === undefined ? undefined : { head, block };
    },
  };
}
