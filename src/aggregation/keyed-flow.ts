import type { FlowContext, StreamFlow } from './stream-flow.ts';

/** First arrival by event key, nothing else: pending transactions. */
export class KeyedFlow implements StreamFlow {
  readonly #context: FlowContext;

  constructor(context: FlowContext) {
    this.#context = context;
  }

  onEvent(providerId: string, result: Buffer): void {
    if (this.#context.ingestEvent(result, providerId)) this.#context.emit(result);
  }
}
