import { Agent, request } from 'node:http';

/** Asks one JSON-RPC upstream, over kept-alive connections; for the devnet's own questions, not for traffic. */
export class UpstreamRpc {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Returns the `result` of a call.
   *
   * @throws Error when there is no answer in `timeoutMs`, when it is not JSON, or when it is a JSON-RPC error.
   */
  async call(method: string, params: readonly unknown[] = [], timeoutMs = 5_000): Promise<unknown> {
    const text = await this.#post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), timeoutMs);
    const answer = JSON.parse(text) as { result?: unknown; error?: { message?: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message ?? 'error'}`);
    return answer.result;
  }

  /** Returns the number of the newest block. */
  async blockNumber(): Promise<number> {
    return Number(await this.call('eth_blockNumber'));
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: string, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const call = request(this.#url, { method: 'POST', agent: this.#agent, headers }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      call.end(body);
    });
  }
}
