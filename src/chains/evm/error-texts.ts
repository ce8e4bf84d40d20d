import { anyOf } from '../text-patterns.ts';

/**
 * The texts by which EVM nodes and the vendors in front of them say what went wrong, in lower case; the codes that
 * come with them collide. Collected from the sources of go-ethereum, reth, erigon, nethermind, besu, anvil and
 * proxyd and from answers of public vendors. Each list says one thing; `classify-error.ts` says in which order they
 * are asked, and why.
 */
export const errorTexts = {
  /** The EVM ran and said no. Behind "execution reverted: " stands what a contract's author chose to write. */
  verdict: anyOf(
    /revert(ed)?\b/,
    /vm exception|vm execution error|evm error|invalid ?jump|stack (under|over)flow|out of gas|bad instruction/,
    /invalid opcode|undefined instruction|gas required exceeds|gas uint64 overflow|max code size|write protection/,
    /execution halted|due to an exception/,
  ),

  /** The transaction is not acceptable, here or anywhere. */
  transaction: anyOf(
    /nonce|insufficient (funds|balance)|underpriced|exceeds (account )?balance|upfront cost|out of funds/,
    /gas (price|limit|too low|too high|cap|allowance)|intrinsic gas|insufficient gas|gas exceeds/,
    /fee ?cap|fee too low|tip above|(priority|max) fee|base ?fee|tx ?fee|exceeds the configured cap/,
    /already (known|imported|exists|have transaction)|(already|exists) in (the )?mempool|\bknown transaction|alreadyknown/,
    /invalid (signature|sender|transaction|tx|chain ?id|rlp)|rlp:|too short|decod(e|ing) (signed )?tra/,
    /(tx|transaction) (of )?type|eip-?(155|1559|2930|3607|4844|7702)\b|wrong chain ?id|another chain|blob|initcode|sidecar/,
    /sender .*eoa|oversized data|negative value|authorized to send|authorization list|delegated accounts|already reserved/,
    /added to the (mem|tx)?pool|confirmation timeout|higher priority|priced out|access lists? (received|are)/,
  ),

  /** Said of the sender of a transaction by rollup gateways (proxyd): another provider would let it flood the chain. */
  senderLimit: anyOf(/sender is over rate limit/),

  /** A filter or a subscription that only one node knows. */
  handle: anyOf(/(filter|subscription) (not found|does not exist)|no ("|')?[\w-]*("|')? ?subscription/),

  /** The client's own tracer threw; behind it stands what its author chose to write. */
  tracer: anyOf(/server-side tracer|tracer/),

  /** The answer would be too large: a smaller range can work. */
  tooLarge: anyOf(
    /block range (is )?(too|limit|exceed|greater)|range (is )?too (wide|large|big|high)|(too|large) (a )?block range/,
    /range limit|exceeds? (the |max(imum)? |server )*(block )?range|max(imum)? (rpc |block )*range|max range/,
    /range exceeds|range \d+ exceeds|blocks distance|(this|a smaller) block range|block range should work/,
    /up to an? [\d.,km]+ block range|limited to (an? )?[\d.,km]+ (blocks? )?(range|blocks?)|reduc\w+ (your |the |query )*block range/,
    /(response|result|logs?)( set)?( size)? (is |was )?(too (large|big)|exceed|should not|larger|limit)/,
    /return(s|ed)? more than|more than [\d,]+ (results|logs|blocks)|logs over more|max(imum)? (results|logs)|too many (results|logs|blocks)/,
    /query exceeds|query timeout exceeded|limit the query to|try paginating|narrow (your|the) (filter|query)|too large, max is/,
    /max addresses or topics|exceed max topics|less number of address|contains \d+ filters|client adjustable limit/,
    /too many (addresses|topics)|request entity too large.*(range|logs)/,
  ),

  /** More than the provider wants to do for this client, now. */
  rateLimit: anyOf(
    /too many (requests|connections|rpc calls|concurrent)|rate[- ]?limit|over ?rate|request(s)? (count|rate|limit|limited|per second)/,
    /request rate|call rate|requests per|\brps\b|\bcups?\b|compute units|credits limited|throughput|throttl|slow down|back ?off/,
    /quota|capacity (limit|exceeded)|over capacity|usage limit|(daily|monthly|hourly) .*(limit|exceeded|count)|limit for your/,
    /has exceeded|exceeded (its|your|the) |free (tier|plan|users)|upgrade your|top up|billing|under too much load/,
  ),

  /** The provider does not offer the method; nothing else that a node says names a method. */
  unsupported: anyOf(
    /not whitelisted|unsupported method|unknown method|method (is )?un(known|supported)/,
    /^not implemented|^unsupported$/,
    /(method|module|namespace)\b.{0,80}(not (found|supported|available|allowed|enabled|exist|implemented|permitted)|does not exist|disabled|unavailable|unsupported)/,
    /not (included|available|supported) (in|on|with) your (current )?(plan|tier)|requires? (a )?(paid|higher|growth|premium)/,
    /p2p has been disabled|custom trace|notifications not supported/,
  ),

  /** This provider does not have it, or not yet, or no longer. */
  elsewhere: anyOf(
    /(header|block|parent|receipts?|body|genesis|transaction|\btx)\b.{0,90}not found|header for hash|unknown block|unknown (transaction|header)/,
    /resource not (found|available)|resource unavailable|cannot find|could not find block|cannot query unfinalized|body is missing/,
    /missing (trie node|block|state|header)|trie error|required data unavailable|proof window|historical backend/,
    /state\b.{0,120}(not available|unavailable|pruned|missing|not found|expired)|no state|historical (state|data)|state histor|state recreation/,
    /prun(ed|e|ing)\b|history .*(unavailable|not available|expired)|archive|before txnum/,
    /block.{0,40}(out of range|out of bounds)|blockoutofrange|outside .*range|beyond .*head|past .*head|after last|head .*not available/,
    /ahead of|not yet (available|synced|indexed|imported|finalized)|future block|greater than (the )?(latest|head)|block .*(too new|in the future)/,
    /syncing|not (fully )?synced|initial sync|not yet in sync|indexing is in progress|not currently canonical|is not canonical|no longer canonical/,
    /(finalized|safe|pending|latest) (block|header|state|receipts).*not (found|available|supported)|not a supported commitment/,
    /(pending|safe|finalized) is not a? ?support|pool (is )?(full|not enabled)|txpool is full|pool.*overflow/,
    /execution (aborted|timeout)|execution timed out|evm timeout|method handler crashed|genesis is not traceable|only serves/,
  ),

  /** The provider itself is broken, or will not let us in. */
  failure: anyOf(
    /^(json-?rpc )?(internal|server|unknown|unexpected|database|backend|generic)?( ?json-?rpc)? ?(server )?(error|failure)[.!]?$/,
    /internal server error|bad gateway|gateway time-?out|bad response|invalid response|empty response|no response/,
    /(service|server|system|node|backend|upstream|network)\b.{0,40}(unavailable|overload|busy|down|unreachable|unhealthy|not ready|failed|issue)/,
    /(no|all)\b.{0,30}(server|node|backend|upstream|provider)s?\b.{0,30}(available|healthy|reachable|fail)|temporar\w+ .{0,30}(error|issue|unavailable|problem)/,
    /connect(ion)? (refused|reset|closed|error|failure|failed|aborted|lost)|connect(ion)? tim|timed? ?out|deadline exceeded|context canceled|\beof\b/,
    /econn|etimedout|socket hang up|broken pipe|dial tcp|no such host|i\/o timeout|maintenance|try again later/,
    /unauthori[sz]ed|authenticat|api ?key|access ?token|project id|access (denied|forbidden)|forbidden|permission denied|not allowed to access/,
    /account (suspended|disabled)|(app|key|project|endpoint) (is )?(inactive|disabled|suspended|deleted)|payment|subscription (has )?expired/,
  ),
} as const;
