import type { Clock } from '../clock/clock.ts';
import {
  type RequestError,
  type ScannedCall,
  type ScannedRequest,
  scanRequest,
} from '../protocol/json-rpc/scan-request.ts';
import { errorResponse } from '../protocol/json-rpc/write.ts';
import type { CallAnswer, Cancel, GatewayCall, Steering } from './call.ts';
import { clientCall } from './calls.ts';
import type { ChainRuntime } from './chain-directory.ts';

export interface PayloadLimits {
  readonly maxDepth: number;
  readonly maxBatch: number;
}

/** What one message of a client, single or batch, comes to. */
export interface PayloadAnswer {
  /** Undefined when there is nothing to say: notifications only. */
  readonly body: Buffer | undefined;
  readonly status: number;
  /** Providers whose bytes the body holds, without repeats. */
  readonly providers: readonly string[];
  readonly attempts: number;
  /** To be called once the body is on its way to the client. */
  readonly afterSend?: (() => void) | undefined;
}

/** Answers one call; the transport may answer some of them (subscriptions) itself. */
export type CallDispatcher = (call: GatewayCall, done: (answer: CallAnswer) => void) => Cancel;

/**
 * Takes one message of a client apart, has its calls answered and puts the answer together: a single call's
 * answer as it is, a batch's in the order of its calls, nothing for notifications. JSON-RPC 2.0, sections 4 to 6.
 */
export function answerPayload(
  source: Buffer,
  chain: ChainRuntime,
  steering: Steering,
  limits: PayloadLimits,
  clock: Clock,
  dispatch: CallDispatcher,
  done: (answer: PayloadAnswer) => void,
): Cancel {
  const scanned = scanRequest(source, limits);
  if (scanned.kind === 'call') {
    const { call } = scanned;
    const isNotification = call.idStart < 0;
    return dispatch(clientCall(chain, source, call, steering, clock.now()), answer => {
      done(
        isNotification
          ? { body: undefined, status: 204, providers: [], attempts: answer.attempts }
          : {
              body: answer.body,
              status: answer.status,
              providers: answer.provider === undefined ? [] : [answer.provider],
              attempts: answer.attempts,
              afterSend: answer.afterSend,
            },
      );
    });
  }
  if (scanned.kind === 'error') {
    done({ body: requestErrorAnswer(source, scanned), status: 200, providers: [], attempts: 0 });
    return () => {};
  }
  return answerBatch(source, scanned.items, chain, steering, clock, dispatch, done);
}

function answerBatch(
  source: Buffer,
  items: (ScannedRequest & { kind: 'batch' })['items'],
  chain: ChainRuntime,
  steering: Steering,
  clock: Clock,
  dispatch: CallDispatcher,
  done: (answer: PayloadAnswer) => void,
): Cancel {
  const parts: (Buffer | undefined)[] = new Array(items.length);
  const providers = new Set<string>();
  const cancels: Cancel[] = [];
  const afterSends: (() => void)[] = [];
  let attempts = 0;
  let status = 200;
  // One more than the items, so that an answer that comes at once cannot end the batch early.
  let open = items.length + 1;
  const close = () => {
    if (--open > 0) return;
    const answers = parts.filter(part => part !== undefined);
    done({
      body: answers.length === 0 ? undefined : joinAnswers(answers),
      status: answers.length === 0 ? 204 : status,
      providers: [...providers],
      attempts,
      afterSend: () => {
        for (const afterSend of afterSends) afterSend();
      },
    });
  };
  const now = clock.now();
  items.forEach((item, index) => {
    if (isRefused(item)) {
      parts[index] = requestErrorAnswer(source, item);
      close();
      return;
    }
    cancels.push(
      dispatch(clientCall(chain, source, item, steering, now), answer => {
        if (item.idStart >= 0) parts[index] = answer.body;
        if (answer.afterSend !== undefined) afterSends.push(answer.afterSend);
        if (answer.provider !== undefined) providers.add(answer.provider);
        attempts += answer.attempts;
        if (answer.status > status) status = answer.status;
        close();
      }),
    );
  });
  close();
  return () => {
    for (const cancel of cancels) cancel();
  };
}

type Item = (ScannedRequest & { kind: 'batch' })['items'][number];

function isRefused(item: Item): item is Exclude<Item, ScannedCall> {
  return 'kind' in item;
}

/** The answer to what is no JSON-RPC call. */
export function requestErrorAnswer(source: Buffer, error: RequestError): Buffer {
  const id = error.idStart < 0 ? 'null' : source.subarray(error.idStart, error.idEnd);
  return errorResponse(id, error.code, error.message);
}

const open = Buffer.from('[');
const comma = Buffer.from(',');
const close = Buffer.from(']');

/** The answer to a batch from those to its calls. */
export function joinAnswers(parts: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [open];
  parts.forEach((part, index) => {
    if (index > 0) pieces.push(comma);
    pieces.push(part);
  });
  pieces.push(close);
  return Buffer.concat(pieces);
}
