import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultRoutes } from '../../../src/devnet/fault-routes.ts';

test('a fault of the network or of a whole provider reaches both sides, unless limited to a transport', () => {
  assert.deepEqual(faultRoutes('kill'), { rpc: true, grpc: true });
  assert.deepEqual(faultRoutes('hang'), { rpc: true, grpc: true });
  assert.deepEqual(faultRoutes('hang', 'grpc'), { rpc: false, grpc: true });
  assert.deepEqual(faultRoutes('lag', 'ws'), { rpc: true, grpc: false });
});

test('a fault of JSON-RPC, and one of Geyser, reach their own side', () => {
  assert.deepEqual(faultRoutes('null-tx'), { rpc: true, grpc: false });
  assert.deepEqual(faultRoutes('geyser-stall'), { rpc: false, grpc: true });
  assert.deepEqual(faultRoutes('drop-grpc'), { rpc: false, grpc: true });
});
