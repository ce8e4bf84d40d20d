import { sourceLabel } from '../sources/source.ts';
import type { HealthCheck } from '../telemetry/health-registry.ts';
import type { ChainPipelines } from './chain-pipelines.ts';

/** Whether pipelines do their work: `degraded` while one stands still, could not be made, or has no stream. Calls go on. */
export function pipelinesCheck(all: () => Iterable<ChainPipelines>): HealthCheck {
  return () => {
    const troubles: string[] = [];
    let pipelines = 0;
    let deadLetters = 0;
    for (const { running, broken, sources } of all()) {
      pipelines += running.length;
      for (const { id } of broken) troubles.push(`${id} could not be made`);
      for (const pipeline of running) {
        deadLetters += pipeline.deadLetters.size;
        if (pipeline.state === 'error') troubles.push(`${pipeline.id} stands still after an error`);
      }
      for (const source of sources) {
        if (source.state().status === 'failed')
          troubles.push(
            `no endpoint of ${source.chain} takes the ${sourceLabel(source.name, source.purpose)} stream`,
          );
      }
    }
    const details = { pipelines, deadLetters };
    return troubles.length === 0
      ? { status: 'ok', details }
      : { status: 'degraded', reason: troubles.join('; '), details };
  };
}
