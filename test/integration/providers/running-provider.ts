import type { ChainFamily, Head } from '../../../src/chains/chain-family.ts';
import { evmFamily } from '../../../src/chains/evm/evm-family.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { Provider, type ProviderDeps } from '../../../src/providers/provider.ts';
import { providerChildren } from '../../../src/providers/provider-children.ts';
import type { AttemptOutcome, UpstreamCall } from '../../../src/providers/upstream-call.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import type { Cleanup } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { callOf, chainConfigOf, RecordedLog } from '../../unit/providers/fixtures.ts';

export interface RunningOptions {
  readonly url?: string;
  readonly wsUrl?: string;
  readonly headers?: Record<string, string>;
  /** Sections of the chain's configuration that differ from the test's. */
  readonly chain?: Record<string, Record<string, unknown>>;
  readonly family?: ChainFamily;
  /** @default '31337' */
  readonly identity?: string;
  readonly maxResponseBytes?: number;
  readonly deps?: Partial<ProviderDeps>;
}

/** A provider with its processes under a supervisor, with short waits; stopped after the test. */
export class RunningProvider {
  readonly provider: Provider;
  readonly system = new ProcessSystem({ clock: systemClock });
  readonly log = new RecordedLog();
  readonly heads: Head[] = [];
  /** The header that came with each head; undefined where none did. */
  readonly headers: (string | undefined)[] = [];

  constructor(options: RunningOptions) {
    const { url, wsUrl, headers = {}, chain = {} } = options;
    const sections: Record<string, Record<string, unknown>> = {
      circuit_breaker: { failure_threshold: 3, recovery_timeout: 300, success_threshold: 2, jitter: 0 },
      health: { probe_interval: 200, probe_timeout: 2000, head_poll_interval: 100 },
      websocket: {
        connect_timeout: 1000,
        ping_interval: 300,
        ping_timeout: 1000,
        reconnect_min: 20,
        reconnect_max: 200,
      },
      http: { connections: 16, connect_timeout: 2000 },
      failover: { cooldown: 200, max_cooldown: 2000, unsupported_ttl: 1000 },
    };
    for (const [name, section] of Object.entries(chain)) sections[name] = { ...sections[name], ...section };
    const chainConfig = chainConfigOf({
      ...sections,
      providers: [{ id: 'node-1', headers, ...(url && { url }), ...(wsUrl && { ws_url: wsUrl }) }],
    });
    this.provider = new Provider(
      {
        chain: 'devnet',
        identity: options.identity ?? '31337',
        chainConfig,
        config: chainConfig.providers[0]!,
        family: options.family ?? evmFamily,
        maxResponseBytes: options.maxResponseBytes ?? 16 * 1024 * 1024,
      },
      {
        clock: systemClock,
        log: this.log,
        metrics: silentMetrics,
        onHead: (_id, head, header) => {
          this.heads.push(head);
          this.headers.push(header?.toString());
        },
        ...options.deps,
      },
    );
  }

  async start(): Promise<void> {
    const spec = supervisorSpec({
      id: 'provider:node-1',
      strategy: 'one_for_one',
      intensity: 100,
      periodMs: 1000,
      children: providerChildren(this.provider),
    });
    await startSupervisor(this.system, spec);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    this.provider.close();
  }

  /** Waits until the provider takes traffic. */
  async up(): Promise<void> {
    await eventually(() => this.provider.state === 'up', 'the provider is up');
  }

  refusal(method = 'eth_call'): string | undefined {
    return this.provider.refusal(callOf(method), systemClock.now());
  }

  attempt(call: UpstreamCall | string = 'eth_call', timeoutMs = 10_000): Promise<AttemptOutcome> {
    const sent = typeof call === 'string' ? callOf(call) : call;
    return new Promise(resolve => this.provider.attempt(sent, timeoutMs, resolve));
  }
}

export async function startProvider(cleanup: Cleanup, options: RunningOptions): Promise<RunningProvider> {
  const running = new RunningProvider(options);
  cleanup.after(() => running.stop());
  await running.start();
  return running;
}

/** What matters of an outcome, on one line. */
export function shown(outcome: AttemptOutcome): string {
  if (outcome.kind === 'answer') return `answer ${outcome.body}`;
  return `${outcome.failure} ${outcome.code}${outcome.sent ? ' sent' : ''}`;
}
