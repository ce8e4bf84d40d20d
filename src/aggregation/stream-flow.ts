/** How events of one stream get from its providers to its subscribers; one kind of flow for each kind of stream. */
export interface StreamFlow {
  /** An event of a live subscription. `result` may be a view into a larger buffer: copied when it is kept. */
  onEvent(providerId: string, result: Buffer): void;
  onLegLive?(providerId: string): void;
  onLegEnded?(providerId: string): void;
  close?(): void;
}

/** What a flow may do with its stream. */
export interface FlowContext {
  /** Records an event by its key; `true`: its first arrival. */
  ingest(key: string, providerId: string): boolean;
  /** Reads the key out of an event and records it; an event without a readable key is told apart by its bytes. */
  ingestEvent(result: Buffer, providerId: string): boolean;
  /** Sends an event to every subscriber. */
  emit(result: Buffer): void;
  /** Runs `step` now, or after the events that wait when the window has no owner just now. */
  run(step: () => void): void;
  /** Counts an event that could not be read. */
  malformed(providerId: string): void;
}
