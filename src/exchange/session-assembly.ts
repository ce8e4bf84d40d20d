import type { SessionsParts } from '../../supervisors/sessions.ts';
import type { Clock } from '../clock/clock.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { StatusAnswer } from '../gateway/status-routes.ts';
import type { PipelineDefinition } from '../pipelines/pipeline-options.ts';
import type { StateStore } from '../pipelines/state/state-store.ts';
import { SessionBuilder } from '../sessions/session-builder.ts';
import { sessionBuilderChild } from '../sessions/session-builder-process.ts';
import { sessionPipeline } from '../sessions/session-pipeline.ts';
import type { HealthCheck } from '../telemetry/health-registry.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { ChainAssembly } from './chain-assembly.ts';
import { exchangeErrors } from './errors.ts';
import { sessionStream } from './session-stream.ts';

export interface SessionAssemblyDependencies {
  /** The chain as it is now; one that is restarted is another object. */
  readonly chain: (name: string) => ChainAssembly | undefined;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The session builder wired to its chain, and the parts of its supervisor. */
export class SessionAssembly {
  readonly builder: SessionBuilder;
  readonly parts: SessionsParts;
  readonly #config: SessionsConfig;

  /** @param isEmbedded the chain is one that Trunkline runs itself */
  constructor(config: SessionsConfig, isEmbedded: boolean, deps: SessionAssemblyDependencies) {
    const { chain, state, clock, log, metrics, random } = deps;
    this.#config = config;
    this.builder = new SessionBuilder(
      { config, isEmbedded },
      {
        calls: {
          call: async (method, params, options) => {
            const assembly = chain(config.chain);
            if (assembly !== undefined) return assembly.calls.call(method, params, options);
            const message = `${method}: the chain ${config.chain} is not there`;
            throw new TrunklineError(exchangeErrors, 'own_call_failed', message);
          },
        },
        state,
        clock,
        log: log.child({ service: 'sessions' }),
        metrics,
        random,
        stream: () => sessionStream(config, chain(config.chain)?.pipelines),
      },
    );
    this.parts = { sessionBuilder: sessionBuilderChild(this.builder) };
  }

  /** The pipelines that a chain has to run for it. */
  pipelinesOf(chain: string): readonly PipelineDefinition[] {
    return chain === this.#config.chain ? [sessionPipeline(this.#config, this.builder)] : [];
  }

  /** Answers `/sessions/health` and `/sessions/stats`. */
  readonly statusRoute = (path: string): StatusAnswer | undefined => {
    if (path === '/sessions/stats') return { status: 200, body: this.builder.stats() };
    if (path !== '/sessions/health') return undefined;
    const health = this.builder.health();
    return { status: health.status === 'down' ? 503 : 200, body: health };
  };

  /** Calls and the feed go on without it. */
  readonly check: HealthCheck = () => {
    const { status, reasons, ...details } = this.builder.health();
    return status === 'ok'
      ? { status, details }
      : { status: 'degraded', reason: reasons.join('; '), details };
  };
}
