declare const replyType: unique symbol;

/**
 * Marks a call message with the type of its reply: `{ readonly type: 'get' } & Request<number>`. Nothing exists
 * of it at run time.
 */
export interface Request<Reply> {
  readonly [replyType]?: Reply;
}

/** The reply type of a call message, or the union of the replies of a union of call messages. */
export type ReplyOf<Call> = Call extends Request<infer Reply> ? Reply : never;

/** The reply that `Sent`, a value of one member of the union `Call`, asks for. */
export type ReplyTo<Call, Sent> = Call extends unknown ? (Sent extends Call ? ReplyOf<Call> : never) : never;
