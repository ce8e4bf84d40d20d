import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrunklineError } from '../../../src/errors/trunkline-error.ts';
import { AdminRoutes } from '../../../src/gateway/admin-routes.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedLog } from '../providers/fixtures.ts';
import { FakeResponse, fakeRequest } from './fake-http.ts';

const errors = { no_such_thing: { sentence: 'There is no such thing.' } };

async function ask(
  method: string,
  path: string,
  { token = 'the-token', body = '', log = new RecordedLog() } = {},
): Promise<FakeResponse> {
  const routes = new AdminRoutes(
    'the-token',
    [
      { method: 'GET', path: 'tree', run: () => ({ tree: 1 }) },
      { method: 'POST', path: 'echo', run: async input => ({ input }) },
      { method: 'POST', path: 'silent', run: () => undefined },
      {
        method: 'POST',
        path: 'refuse',
        run: () => {
          throw new TrunklineError(errors, 'no_such_thing', 'there is none');
        },
      },
      { method: 'POST', path: 'bug', run: () => Promise.reject(new Error('secret detail')) },
    ],
    { log },
  );
  const response = new FakeResponse();
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  routes.handle(fakeRequest(method, headers, body), response.asResponse, path);
  await eventually(() => response.isEnded, 'an answer');
  return response;
}

describe('AdminRoutes', () => {
  it('answers nobody without the token', async () => {
    for (const token of ['', 'wrong', 'the-token ', 'the-token-and-more']) {
      const { status, headers, json } = await ask('GET', 'tree', { token });
      assert.deepEqual(
        [status, headers['www-authenticate'], json.error?.code],
        [401, 'Bearer', 'admin_unauthorized'],
      );
    }
  });

  it('says nothing of its actions to those without the token', async () => {
    assert.doesNotMatch((await ask('GET', 'nonsense', { token: 'wrong' })).text, /tree/);
  });

  it('lists its actions to those who ask for another', async () => {
    for (const [method, path] of [
      ['GET', 'nonsense'],
      ['POST', 'tree'],
      ['GET', '__proto__'],
    ] as const) {
      const { status, json } = await ask(method, path);
      assert.equal(status, 404);
      assert.match(json.error!.message, /GET tree, POST echo/);
    }
  });

  it('hands the body on, and an empty object for none', async () => {
    assert.deepEqual((await ask('POST', 'echo', { body: '{"a":[1]}' })).json, { input: { a: [1] } });
    assert.deepEqual((await ask('POST', 'echo')).json, { input: {} });
    assert.deepEqual((await ask('POST', 'silent')).json, { ok: true });
  });

  it('says that a body is not JSON, and that one is too large', async () => {
    const bad = await ask('POST', 'echo', { body: '{' });
    assert.deepEqual([bad.status, bad.json.error?.code], [400, 'invalid_json']);
    const large = await ask('POST', 'echo', { body: `"${'x'.repeat(70_000)}"` });
    assert.deepEqual([large.status, large.json.error?.code], [413, 'body_too_large']);
  });

  it('answers a refusal with 400, its code and message', async () => {
    const { status, json } = await ask('POST', 'refuse');
    assert.equal(status, 400);
    assert.deepEqual(json, { error: { code: 'no_such_thing', message: 'there is none' } });
  });

  it('answers a bug with 500, and tells the log alone what it was', async () => {
    const log = new RecordedLog();
    const { status, text } = await ask('POST', 'bug', { log });
    assert.equal(status, 500);
    assert.doesNotMatch(text, /secret detail/);
    assert.deepEqual(log.of('error'), ['an admin action failed']);
  });
});
