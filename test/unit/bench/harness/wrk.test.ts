import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWrk } from '../../../../bench/harness/wrk.ts';

const report = `Running 3s test @ http://127.0.0.1:21999/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.55ms    1.21ms  30.01ms   94.22%
    Req/Sec    22.41k     2.10k   25.02k    83.33%
  Latency Distribution
     50%  840.00us
     75%    1.71ms
     90%    2.20ms
     99%    1.02s
  67057 requests in 3.01s, 13.43MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:  22305.33
Transfer/sec:      4.47MB
`;

test('reads the rate and the percentiles of a wrk report, whatever their unit', () => {
  const { requests, requestsPerSecond, p50Ms, p99Ms } = parseWrk(report);
  assert.deepEqual(
    { requests, requestsPerSecond, p50Ms, p99Ms },
    { requests: 67057, requestsPerSecond: 22305.33, p50Ms: 0.84, p99Ms: 1020 },
  );
});

test('adds socket errors and failing statuses up', () => {
  assert.equal(parseWrk(report).errors, 15);
});

test('counts no errors when wrk names none', () => {
  assert.equal(parseWrk(report.replace(/ {2}(Socket|Non).*\n/g, '')).errors, 0);
});

test('does not take other text for a report', () => {
  assert.throws(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused'), /not a report of wrk/);
});
