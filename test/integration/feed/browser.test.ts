import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { browse, noBrowser } from '../../support/headless-browser.ts';
import { chainName, startServedFeed } from './served-feed.ts';

/** A page that follows the feed with an EventSource and tells what it gets to who served it. */
const page = `<!doctype html><script>
  const server = new URLSearchParams(location.search).get('server');
  const tell = report => fetch('/report', { method: 'POST', body: JSON.stringify(report) });
  let queue = Promise.resolve();
  const later = report => { queue = queue.then(() => tell(report)); };
  const source = new EventSource(server + '/feed?topics=${chainName}.heads&from=earliest');
  source.onopen = () => later({ open: true });
  source.onerror = () => later({ state: source.readyState });
  source.onmessage = ({ data, lastEventId }) => later({ n: JSON.parse(data).data.n, id: lastEventId });
  for (const name of ['gap', 'reorg', 'closing'])
    source.addEventListener(name, ({ data }) => later({ name, data: JSON.parse(data) }));
</script>`;

interface Report {
  readonly n?: number;
  readonly id?: string;
  readonly open?: boolean;
  readonly state?: number;
  readonly name?: string;
}

/** Serves the page on an origin of its own, and keeps what it tells. */
async function servePage(t: TestContext): Promise<{ origin: string; reports: Report[] }> {
  const reports: Report[] = [];
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      return;
    }
    let body = '';
    request.on('data', chunk => {
      body += String(chunk);
    });
    request.on('end', () => {
      reports.push(JSON.parse(body));
      response.end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reports };
}

describe('EventSource of a browser', () => {
  it('follows the feed from another origin, and goes on by itself over a restart of the server: nothing lost, nothing twice', {
    skip: noBrowser,
    timeout: 60_000,
  }, async t => {
    const { origin, reports } = await servePage(t);
    const served = await startServedFeed(t, { server: { cors: { origins: [origin] } } });
    const numbers = () => reports.flatMap(({ n }) => (n === undefined ? [] : [n]));
    await served.heads(1, 2, 3);
    await browse(t, `${origin}/?server=${served.url}`);
    await eventually(() => numbers().length === 3, 'what was there', 30_000);
    await served.heads(4);
    await eventually(() => numbers().length === 4, 'what comes');
    const restarting = served.restart();
    await eventually(() => reports.some(({ name }) => name === 'closing'), 'told of the end');
    await restarting;
    await served.heads(5, 6);
    await eventually(() => numbers().length === 6, 'what was missed', 20_000);
    await served.heads(7);
    await eventually(() => numbers().length === 7, 'what comes again');
    assert.deepEqual(numbers(), [1, 2, 3, 4, 5, 6, 7]);
    // Once more than that, when it comes back so soon that the old one still answers.
    assert.ok(reports.filter(({ open }) => open).length >= 2);
    const states = reports.flatMap(({ state }) => (state === undefined ? [] : [state]));
    assert.ok(states.length > 0 && states.every(state => state === 0), 'it never gave up');
    assert.equal(reports.at(-1)!.id, served.cursor(7));
  });
});
