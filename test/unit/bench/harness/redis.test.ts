import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRedisBenchmark } from '../../../../bench/harness/redis.ts';

const report = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"SET","558659.19","1.243","0.448","1.167","1.919","3.143","4.063"
"GET","613496.94","0.967","0.256","0.855","2.007","2.487","4.991"
`;

it('reads the rates and latencies of a command from the report of redis-benchmark', () => {
  assert.deepEqual(parseRedisBenchmark(report, 'GET'), { perSecond: 613_496.94, p50Ms: 0.855, p99Ms: 2.487 });
});

it('takes nothing else for a report', () => {
  assert.throws(() => parseRedisBenchmark('Could not connect to Redis', 'GET'), /not a report/);
  assert.throws(() => parseRedisBenchmark(report, 'INCR'), /not a report/);
});
