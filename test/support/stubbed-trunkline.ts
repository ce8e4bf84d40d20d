import type { TestContext } from 'node:test';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';
import { type RunningTrunkline, startTrunkline } from './trunkline.ts';

export interface StubbedTrunkline {
  readonly trunkline: RunningTrunkline;
  readonly stubs: readonly StubUpstream[];
  /** Sends a body to `/rpc/test` and returns the answer as text. */
  post(
    body: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<{ status: number; text: string; headers: Headers }>;
  rpc(
    method: string,
    params?: unknown[],
  ): Promise<{
    id: unknown;
    result?: unknown;
    error?: { code: number; message: string; data?: Record<string, unknown> };
  }>;
}

/** A Trunkline with one chain, `test`, before stub upstreams `s1`…`sN` that the test scripts. */
export async function startStubbedTrunkline(
  t: Pick<TestContext, 'after'>,
  options: {
    readonly stubs?: number;
    readonly chain?: string;
    readonly server?: string;
    readonly urls?: 'http' | 'ws' | 'both';
    /** Scripts each stub before Trunkline asks it anything. */
    readonly prepare?: (stub: StubUpstream) => void;
  } = {},
): Promise<StubbedTrunkline> {
  const stubs = await Promise.all(
    Array.from({ length: options.stubs ?? 1 }, () => startStubUpstream(t as TestContext)),
  );
  for (const stub of stubs) options.prepare?.(stub);
  const urls = options.urls ?? 'both';
  const providers = stubs.map((stub, index) => {
    const parts = [`id: s${index + 1}`];
    if (urls !== 'ws') parts.push(`url: "${stub.url}"`);
    if (urls !== 'http') parts.push(`ws_url: "${stub.wsUrl}"`);
    return `      - { ${parts.join(', ')} }`;
  });
  const yaml = [
    ...(options.server === undefined ? [] : [`server: ${options.server}`]),
    'chains:',
    '  test:',
    '    chain_id: 31337',
    '    block_time: 1s',
    ...(options.chain ?? '')
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => `    ${line.trim()}`),
    '    providers:',
    ...providers,
  ].join('\n');
  const trunkline = await startTrunkline(yaml, t);
  await trunkline.allUp();
  const post: StubbedTrunkline['post'] = async (body, headers = {}) => {
    const response = await fetch(`${trunkline.url}/rpc/test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return {
    trunkline,
    stubs,
    post,
    rpc: async (method, params = []) =>
      JSON.parse((await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))).text),
  };
}
