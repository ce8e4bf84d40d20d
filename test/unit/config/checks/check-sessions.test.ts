import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError } from '../sample-config.ts';

const key = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const sessions = (text: string) => `storage: { directory: data }
chains:
  sol: { family: solana, devnet: {} }
sessions: { chain: sol, program: ${key}, keypair: key.json, ${text} }
`;
const byProgram = (account: string) =>
  sessions(`method: program, instruction: { program: ${key}, accounts: [${account}], data: '00' }`);

describe('the sessions section', () => {
  it('takes as an account a key, or the name of one in the event', () => {
    accept(byProgram(`{ key: '{expected_owner}' }, { key: ${key} }`));
    const error = onlyError(byProgram("{ key: '{expected_pdaa}' }"));
    assert.equal(error.path, 'sessions.instruction.accounts[0].key');
    assert.match(error.message, /\{expected_pda\}, \{expected_owner\}/);
  });

  it('takes as a seed what differs from session to session', () => {
    accept(sessions("seed: 's-{session_id}'"));
    for (const seed of ['fixed', '{session}', '{session_id}{nope}', 'ü{session_id}']) {
      const error = onlyError(sessions(`seed: '${seed}'`));
      assert.equal(error.path, 'sessions.seed');
      assert.match(error.message, /\{session_id\} among them/);
    }
  });

  it('lets only the payer sign', () => {
    accept(byProgram("{ key: '{payer}', signer: true }"));
    const error = onlyError(byProgram("{ key: '{owner}', signer: true }"));
    assert.equal(error.path, 'sessions.instruction.accounts[0].signer');
  });
});
