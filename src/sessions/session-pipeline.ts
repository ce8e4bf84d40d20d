import { decode } from '../chains/solana/base58.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import { pipeline } from '../pipelines/define-pipeline.ts';
import { sessionEventParser } from '../pipelines/parsers/session-events.ts';
import type { PipelineDefinition } from '../pipelines/pipeline-options.ts';
import { SessionHandler, type SessionIntake } from './session-handler.ts';

/** The id of the pipeline that feeds the session builder. */
export const sessionPipelineId = 'sessions';

/**
 * The pipeline from the session program's transactions to the session builder.
 *
 * @throws PipelineError `pipeline_invalid`
 */
export function sessionPipeline(
  config: Pick<SessionsConfig, 'chain' | 'program' | 'source' | 'commitment'>,
  intake: SessionIntake,
): PipelineDefinition {
  return pipeline({
    id: sessionPipelineId,
    chain: config.chain,
    source: config.source,
    commitment: config.commitment,
    filter: { kind: 'instruction', programs: [config.program] },
    parser: sessionEventParser(decode(config.program) as Uint8Array),
    handlers: [new SessionHandler(intake)],
    // An event is never given up because the storage has a bad time: the stream waits.
    retry: { attempts: Number.MAX_SAFE_INTEGER },
  });
}
