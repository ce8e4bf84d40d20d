import type { ScannedResponse } from './scan-response.ts';

/** One frame from an upstream WebSocket. */
export type ScannedFrame =
  | { readonly kind: 'response'; readonly response: ScannedResponse }
  | {
      readonly kind: 'notification';
      /** e.g. `eth_subscription`. */
      readonly method: string;
      /** The upstream's subscription id: a string's text, or a number's digits. */
      readonly subscription: string;
      /** First byte of `params.result` in the frame. */
      readonly resultStart: number;
      /** One past the last byte of `params.result`. */
      readonly resultEnd: number;
    };

/** Tells a response from a subscription's notification; `undefined`: neither, or not valid JSON. */
export function scanFrame(source: Buffer): ScannedFrame | undefined {
  throw new Error(`not yet ${source.length}`);
}
