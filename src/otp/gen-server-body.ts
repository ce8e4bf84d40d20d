import type { ExitReason } from './exit-reason.ts';
import type { GenServer, HandlerResult } from './gen-server.ts';
import type { Envelope, ExitMessage, From, SystemInfo, TimeoutMessage } from './messages.ts';
import type { Process } from './process.ts';
import type { InitOutcome, ProcessBody } from './process-body.ts';
import { type After, Ignore, Initialized, Next, Reply, Stop } from './results.ts';
import type { Self, SendTimer } from './self.ts';

/** Runs a gen-server's handlers inside a process. */
export class ServerBody<Args, State, Call, Cast, Info> implements ProcessBody {
  readonly type = 'worker';
  readonly putsParentExitFirst = false;
  readonly #process: Process;
  readonly #self: Self<Call, Cast, Info>;
  readonly #server: GenServer<Args, State, Call, Cast, Info>;
  #args: Args | undefined;
  #state: State | undefined;
  #timer: SendTimer | undefined;

  constructor(process: Process, server: GenServer<Args, State, Call, Cast, Info>, args: Args) {
    this.#process = process;
    this.#self = process as unknown as Self<Call, Cast, Info>;
    this.#server = server;
    this.#args = args;
    process.trapExit = server.trapExit ?? false;
  }

  get hasTerminate(): boolean {
    return this.#server.terminate !== undefined;
  }

  async init(): Promise<InitOutcome> {
    const result = await this.#server.init(this.#self, this.#args as Args);
    this.#args = undefined;
    if (result instanceof Ignore) return { kind: 'ignore' };
    if (result instanceof Stop) return { kind: 'stop', reason: result.reason };
    if (!(result instanceof Initialized)) {
      this.#state = result;
      return undefined;
    }
    this.#state = result.state;
    const { info } = result.options;
    this.#after(result.options);
    return info === undefined ? undefined : { kind: 'info', info };
  }

  handle(envelope: Envelope): void | Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    switch (envelope.kind) {
      case 'call': {
        if (this.#server.handleCall === undefined) throw new Error('a call, but no handleCall');
        const { from } = envelope;
        const result = this.#server.handleCall(
          envelope.request as Call,
          from,
          this.#state as State,
          this.#self,
        );
        if (result instanceof Promise) return result.then(settled => this.#answer(settled, from));
        return this.#answer(result, from);
      }
      case 'cast': {
        if (this.#server.handleCast === undefined) throw new Error('a cast, but no handleCast');
        return this.#conclude(
          this.#server.handleCast(envelope.message as Cast, this.#state as State, this.#self),
        );
      }
      case 'signal':
        if (envelope.message.type === 'EXIT' && this.#isFromParent(envelope.message)) {
          this.#process.end(envelope.message.reason);
          return;
        }
        return this.#handleInfo(envelope.message as Info);
      case 'info':
      case 'own':
        return this.#handleInfo(envelope.message as Info);
      default:
        return;
    }
  }

  terminate(reason: ExitReason): void | Promise<void> {
    return this.#server.terminate?.(reason, this.#state as State, this.#self);
  }

  state(): unknown {
    return this.#state;
  }

  replaceState(replace: (state: unknown) => unknown): void {
    this.#state = replace(this.#state) as State;
  }

  describe(): unknown {
    return this.#process.status === 'running' ? this.#server.formatStatus?.(this.#state as State) : undefined;
  }

  #handleInfo(message: Info | SystemInfo): void | Promise<void> {
    if (this.#server.handleInfo === undefined) {
      this.#process.system.log?.debug('unexpected message', { process: String(this.#process.pid) });
      return;
    }
    return this.#conclude(this.#server.handleInfo(message, this.#state as State, this.#self));
  }

  #isFromParent(message: ExitMessage): boolean {
    return message.pid === this.#process.parent;
  }

  #answer(result: Reply<unknown, State> | HandlerResult<State>, from: From<unknown>): void {
    if (!(result instanceof Reply)) {
      this.#apply(result);
      return;
    }
    if (result.next !== undefined) this.#apply(result.next);
    from.reply(result.value);
  }

  #conclude(result: HandlerResult<State> | Promise<HandlerResult<State>>): void | Promise<void> {
    if (result instanceof Promise) return result.then(settled => this.#apply(settled));
    this.#apply(result);
  }

  #apply(result: HandlerResult<State>): void {
    if (result instanceof Stop) {
      this.#process.end(result.reason);
    } else if (result instanceof Next) {
      if (result.state !== undefined) this.#state = result.state[0];
      this.#after(result.after);
    }
  }

  #after(after: After): void {
    if (after.timeoutMs !== undefined) {
      const message: TimeoutMessage = { type: 'timeout' };
      this.#timer = this.#self.sendAfter(after.timeoutMs, message as never);
    }
    if ('continue' in after) {
      const { handleContinue } = this.#server;
      if (handleContinue === undefined) throw new Error('a continuation, but no handleContinue');
      // In front of the mailbox: whoever started the process does not wait for it, and no message comes before it.
      this.#process.runNext(() =>
        this.#conclude(handleContinue.call(this.#server, after.continue, this.#state as State, this.#self)),
      );
    }
  }
}
