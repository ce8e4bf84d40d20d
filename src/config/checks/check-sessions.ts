import type { Finding } from '../diagnostic.ts';
import type { Check } from './check.ts';
import { checkSourceChain } from './check-source-chain.ts';

/** The session builder has a chain, a place to remember in, and a way to create accounts. */
export const checkSessions: Check = ({ config: { sessions, chains, pipelines, storage } }) => {
  if (sessions === undefined) return [];
  const findings: Finding[] = [...checkSourceChain(chains, sessions, ['sessions'])];
  if (Object.hasOwn(pipelines, 'sessions')) {
    findings.push({
      code: 'config_duplicate_name',
      message: 'the pipeline of the session builder is called `sessions`',
      hint: 'give your own another name',
      path: ['pipelines', 'sessions'],
      at: 'key',
      involves: [['sessions']],
    });
  }
  if (storage === undefined) {
    findings.push({
      code: 'config_missing_key',
      message: '`sessions` needs the section `storage`, in which it remembers what it has created',
      hint: 'add `storage: { directory: data }`',
      path: ['sessions'],
      at: 'key',
      involves: [['storage']],
    });
  }
  if (sessions.method === 'program' && sessions.instruction === undefined) {
    findings.push({
      code: 'config_missing_key',
      message: '`method: program` needs `instruction`',
      hint: 'it says which instruction creates the account',
      path: ['sessions', 'method'],
      involves: [['sessions', 'instruction']],
    });
  }
  if (sessions.method === 'seed' && sessions.instruction !== undefined) {
    findings.push({
      code: 'config_conflict',
      message: '`instruction` belongs to `method: program`',
      path: ['sessions', 'instruction'],
      at: 'key',
      involves: [['sessions', 'method']],
    });
  }
  for (const [index, { key, signer }] of (sessions.instruction?.accounts ?? []).entries()) {
    if (!signer || key === '{payer}') continue;
    findings.push({
      code: 'config_conflict',
      message: `\`${key}\` cannot sign: the service holds the key of \`{payer}\` only`,
      path: ['sessions', 'instruction', 'accounts', index, 'signer'],
    });
  }
  return findings;
};
