import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** What can go wrong with an embedded chain and its simulated providers. */
export const devnetErrors = {
  devnet_anvil_missing: {
    sentence:
      'The anvil binary is not installed: run `npm ci` without `--omit=dev` and `--omit=optional`, or take the devnet chains out of the config.',
  },
  devnet_anvil_failed: {
    sentence: 'Anvil was started but ended, or did not answer, before it was ready.',
    retryable: true,
  },
  devnet_solana_failed: {
    sentence:
      'The process of the embedded Solana chain ended or did not answer: before it was ready, or when it was asked for something.',
    retryable: true,
  },
  devnet_port_taken: {
    sentence:
      'The port that a simulated provider or an embedded chain should listen on is in use by another process.',
    retryable: true,
  },
  devnet_command_unknown: {
    sentence: 'The engine of the embedded chain cannot do that: forks and skipped slots are for litesvm.',
  },
  devnet_provider_unknown: {
    sentence: 'The devnet has no simulated provider with that id or number.',
  },
  devnet_fault_unknown: {
    sentence: 'There is no fault of that kind; the message lists the kinds.',
  },
  devnet_fault_option_invalid: {
    sentence: 'A fault was given an option that it does not have, or a value outside its bounds.',
  },
  devnet_upstream_url_invalid: {
    sentence: 'A fault proxy stands in front of plain `http://` upstreams only.',
  },
} as const satisfies ErrorCatalogue;
