import { anyOf } from '../text-patterns.ts';

/**
 * The texts by which Solana nodes and the vendors in front of them say what went wrong, in lower case. Nodes use codes
 * of their own, vendors use the same codes for other things; `classify-error.ts` says in which order both are asked.
 */
export const errorTexts = {
  /** The transaction was simulated, or looked at, and is not acceptable. Behind it stands what the runtime says. */
  verdict: anyOf(/transaction (simulation|signature verification|precompile verification|preflight)\b/),

  /** The node has not seen the transaction's blockhash: it may be behind, or the blockhash has expired. */
  blockhash: anyOf(/blockhash ?not ?found/),

  /** More than the provider wants to do for this client, now. */
  rateLimit: anyOf(
    /too many (requests|connections|rpc calls|concurrent)|rate[- ]?limit|request(s)? (count|rate|limit|limited|per second)/,
    /\d+\/(second|sec|minute|day) (request )?limit|requests per|calls per second|\brps\b|\bcups\b|credits? (limit|exhausted|exceeded)/,
    /throughput|throttl|slow down|back ?off|quota|over capacity|capacity (limit|exceeded)|usage (limit|reached)/,
    /(daily|monthly|hourly) .*(limit|exceeded|reached)|limit for your|max usage|connection rate limits? exceeded/,
    /has exceeded|exceeded (its|your|the) |free (tier|plan|users)|upgrade your|top up|billing|under too much load/,
  ),

  /** The provider does not offer the method. */
  unsupported: anyOf(
    /not whitelisted|unsupported method|unknown method|method (is )?un(known|supported)|method deprecated/,
    /(method|module|namespace)\b.{0,80}(not (found|supported|available|allowed|enabled|exist|permitted)|does not exist|disabled|unavailable|unsupported)/,
    /rpc call has been disabled|requires? full ledger history|(not |un)available (in|on|with) (your|the free) .*(plan|tier)/,
  ),

  /** This provider does not have it, or not yet, or no longer; or it will not do so much in one call. */
  elsewhere: anyOf(
    /rpc call or parameters have been disabled|excluded from .*secondary index/,
    /block not available|cleaned up|was skipped|missing in long-term storage|ledger jump|status not yet available/,
    /minimum context slot|node is (behind|unhealthy)|long-term storage|history is not available|no snapshot/,
    /\b(slot|block|transaction|account)\b.{0,60}(not (found|available)|pruned|missing)|not yet (available|rooted|confirmed)/,
  ),

  /** The provider itself is broken, or will not let us in. */
  failure: anyOf(
    /^(json-?rpc )?(internal|server|unknown|unexpected|database|backend|generic)?( ?json-?rpc)? ?(server )?(error|failure)[.!]?$/,
    /internal server error|bad gateway|gateway time-?out|bad response|invalid response|empty response|no response/,
    /(service|server|system|backend|upstream|network)\b.{0,40}(unavailable|overload|busy|down|unreachable|not ready|failed|issue)/,
    /(no|all)\b.{0,30}(server|node|backend|upstream|provider)s?\b.{0,30}(available|healthy|reachable|fail)/,
    /connect(ion)? (refused|reset|closed|error|failure|failed|aborted|lost)|timed? ?out|deadline exceeded|\beof\b/,
    /econn|etimedout|socket hang up|broken pipe|no such host|maintenance|try again later/,
    /unauthori[sz]ed|authenticat|api ?key|access ?token|access (denied|forbidden)|forbidden|permission denied|blocked from this endpoint/,
    /account (suspended|disabled)|(app|key|project|endpoint) (is )?(inactive|disabled|suspended|deleted)|payment|subscription (has )?expired/,
  ),
} as const;
