import type { Handler } from '../pipeline.ts';

/** The same handler with some things of its own replaced; the rest goes on to run on the handler itself. */
export function wrapHandler<Value>(
  handler: Handler<Value>,
  replaced: Partial<Handler<Value>>,
): Handler<Value> {
  const { id, timeoutMs, handleBatch, accepts, open, onGap, close } = handler;
  return {
    id,
    handle: handler.handle.bind(handler),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(handleBatch === undefined ? {} : { handleBatch: handleBatch.bind(handler) }),
    ...(accepts === undefined ? {} : { accepts: accepts.bind(handler) }),
    ...(open === undefined ? {} : { open: open.bind(handler) }),
    ...(onGap === undefined ? {} : { onGap: onGap.bind(handler) }),
    ...(close === undefined ? {} : { close: close.bind(handler) }),
    ...replaced,
  };
}
