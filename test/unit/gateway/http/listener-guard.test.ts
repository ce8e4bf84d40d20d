import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ListenerGuard } from '../../../../src/gateway/http/listener-guard.ts';

const loopback = { boundHost: '127.0.0.1', allowedHosts: [], corsOrigins: [], socketOrigins: [] };

describe('ListenerGuard', () => {
  it('answers on loopback to loopback names only', () => {
    const guard = new ListenerGuard(loopback);
    for (const host of [
      '127.0.0.1:4000',
      'localhost:4000',
      'LOCALHOST',
      '[::1]:4000',
      'app.localhost:4000',
    ]) {
      assert.equal(guard.isHostAllowed(host), true, host);
    }
    for (const host of [
      'evil.example',
      'evil.example:4000',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      undefined,
    ]) {
      assert.equal(guard.isHostAllowed(host), false, String(host));
    }
  });

  it('answers to a listed host, and to any when bound to all addresses with no list', () => {
    assert.equal(
      new ListenerGuard({ ...loopback, allowedHosts: ['rpc.example'] }).isHostAllowed('rpc.example'),
      true,
    );
    assert.equal(
      new ListenerGuard({ ...loopback, boundHost: '0.0.0.0' }).isHostAllowed('anything.example'),
      true,
    );
    const listed = new ListenerGuard({ ...loopback, boundHost: '0.0.0.0', allowedHosts: ['rpc.example'] });
    assert.equal(listed.isHostAllowed('other.example'), false);
  });

  it('refuses an origin that is not listed, over HTTP and over WebSocket', () => {
    const guard = new ListenerGuard({ ...loopback, corsOrigins: ['https://app.example'] });
    assert.equal(guard.isCorsAllowed('https://app.example', 'localhost:4000'), true);
    assert.equal(guard.isSocketOriginAllowed('https://app.example', 'localhost:4000'), false);
    assert.equal(guard.isCorsAllowed('https://app.example.evil', 'localhost:4000'), false);
    assert.equal(guard.isCorsAllowed('null', 'localhost:4000'), false);
  });

  it('allows a page that it served itself', () => {
    const guard = new ListenerGuard(loopback);
    assert.equal(guard.isCorsAllowed('http://localhost:4000', 'localhost:4000'), true);
    assert.equal(guard.isSocketOriginAllowed('http://localhost:4001', 'localhost:4000'), false);
  });

  it('echoes the origin unless any is allowed', () => {
    assert.equal(new ListenerGuard({ ...loopback, corsOrigins: ['*'] }).corsHeader('https://a.example'), '*');
    assert.equal(
      new ListenerGuard({ ...loopback, corsOrigins: ['https://a.example'] }).corsHeader('https://a.example'),
      'https://a.example',
    );
  });
});
