import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CuttableProxy } from '../../../support/cuttable-proxy.ts';
import { eventually } from '../../../support/eventually.ts';
import { browse, noBrowser } from '../../../support/headless-browser.ts';
import { chainName, startServedFeed } from '../../feed/served-feed.ts';

const sources = join(import.meta.dirname, '../../../../clients/typescript/src');
/** Follows up to ten events; asks for its connection to be cut after three, and reports what it got. */
const page = (url: string) => `<!doctype html><script type="module">
import { follow } from '/follow.ts';
const report = [];
try {
  const feed = follow({ url: '${url}', topics: ['${chainName}.heads'], onState: ({ state }) => report.push(state) });
  for await (const { data } of feed) {
    report.push(data.n);
    if (data.n === 3) await fetch('/cut');
    if (data.n === 10) break;
  }
} catch (error) {
  report.push(String(error));
}
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
</script>`;

describe('the client in a browser', { skip: noBrowser }, () => {
  it('follows the feed with the browser’s own WebSocket, across a cut', { timeout: 60_000 }, async t => {
    const served = await startServedFeed(t, { server: { ws: { allowed_origins: ['*'] } } });
    const proxy = await CuttableProxy.start(t, () => served.port);
    const reported = Promise.withResolvers<unknown>();
    const server = createServer(async (request, response) => {
      const path = request.url ?? '/';
      if (path === '/') response.setHeader('content-type', 'text/html');
      if (path.endsWith('.ts')) response.setHeader('content-type', 'text/javascript');
      if (path === '/cut') {
        proxy.cut();
        await served.heads(4, 5, 6, 7, 8, 9, 10);
      }
      if (path === '/report') {
        let body = '';
        for await (const chunk of request) body += chunk;
        reported.resolve(JSON.parse(body));
      }
      const isSource = /^\/[a-z-]+\.ts$/.test(path);
      if (isSource) response.end(stripTypeScriptTypes(readFileSync(join(sources, path), 'utf8')));
      else response.end(path === '/' ? page(`ws://127.0.0.1:${proxy.port}/feed`) : '');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    await browse(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await eventually(() => served.feed.stats().live > 0, 'the subscription', 30_000);
    await served.heads(1, 2, 3);
    assert.deepEqual(await reported.promise, [
      ...['connecting', 'live', 1, 2, 3, 'waiting', 'connecting', 'live'],
      ...[4, 5, 6, 7, 8, 9, 10, 'ended'],
    ]);
  });
});
