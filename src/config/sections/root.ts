import { z } from 'zod';
import { field, section } from '../field.ts';
import { adminSection } from './admin.ts';
import { chainNamePattern, chainSection } from './chain.ts';
import { feedSection } from './feed.ts';
import { logSection } from './log.ts';
import { pipelineNamePattern, pipelineSection } from './pipelines/pipeline.ts';
import { serverSection } from './server.ts';
import { sessionsSection } from './sessions.ts';
import { storageSection } from './storage/storage.ts';
import { tuningSections } from './tuning.ts';

const defaultsSection = section(
  'Tuning of all chains, in the sections of a chain; what a chain says itself goes before it.',
  {
    selection: field(tuningSections.selection.optional(), {
      doc: 'Which provider a call goes to first.',
      applies: 'live',
    }),
    failover: field(tuningSections.failover.optional(), {
      doc: 'How long and how often a call is tried.',
      applies: 'live',
    }),
    aggregation: field(tuningSections.aggregation.optional(), {
      doc: 'How the event streams of several providers become one.',
      applies: 'restart-child',
      child: 'chain',
    }),
    circuit_breaker: field(tuningSections.circuit_breaker.optional(), {
      doc: 'When a failing provider is left alone.',
      applies: 'restart-child',
    }),
    health: field(tuningSections.health.optional(), {
      doc: 'How providers are watched.',
      applies: 'restart-child',
    }),
    websocket: field(tuningSections.websocket.optional(), {
      doc: 'The WebSocket connection to a provider.',
      applies: 'restart-child',
    }),
    http: field(tuningSections.http.optional(), {
      doc: 'The HTTP connections to a provider.',
      applies: 'restart-child',
    }),
  },
);

/** The whole file. */
export const rootSection = section('The whole file.', {
  server: field(serverSection.prefault({}), {
    doc: 'The one port that clients connect to.',
    applies: 'live',
  }),
  admin: field(adminSection.prefault({}), { doc: 'Who may use the admin API.', applies: 'live' }),
  log: field(logSection.prefault({}), { doc: 'What is logged, and how.', applies: 'live' }),
  defaults: field(defaultsSection.optional(), { doc: 'Tuning of all chains.', applies: 'live' }),
  chains: field(z.record(z.string().regex(chainNamePattern), chainSection), {
    doc: 'The chains by name: small letters, digits and "-", with at least one letter.',
    applies: 'restart-child',
    child: 'chain',
  }),
  feed: field(feedSection.prefault({}), {
    doc: 'The events of all chains as one sequence that clients can resume.',
    applies: 'restart',
  }),
  pipelines: field(z.record(z.string().regex(pipelineNamePattern), pipelineSection).prefault({}), {
    doc: 'Updates of Solana chains, read by parsers and given to handlers; by name: letters, digits, "-" and "_", 64 at most.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  sessions: field(sessionsSection.optional(), {
    doc: 'The session builder.',
    applies: 'restart',
  }),
  storage: field(storageSection.optional(), {
    doc: 'What outlives a restart, and the threads that keep it.',
    applies: 'restart',
  }),
});

/** A loaded config: every value set, durations in milliseconds, sizes in bytes, `defaults` merged into each chain. */
export type Config = Omit<z.output<typeof rootSection>, 'defaults'>;
