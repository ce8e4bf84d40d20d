/** An error that a client is told, in Agave's codes and words. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The parameters are not what the method takes. */
export function invalidParams(message: string): RpcError {
  return new RpcError(-32602, message);
}
