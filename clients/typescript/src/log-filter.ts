/** What `eth_subscribe` of `logs` takes: https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub */
export interface LogFilter {
  readonly address?: string | readonly string[] | null | undefined;
  /** By position: whichever, one, or one of several. */
  readonly topics?: readonly (string | readonly string[] | null)[] | null | undefined;
}

/** Topics that one subscription of the feed may have. */
const maxTopics = 64;

/** The topics of the feed that hold all logs of a filter; they may hold more. */
export function logTopics(chain: string, filter: LogFilter): string[] {
  const addresses = tokens(filter.address);
  const signatures = tokens(filter.topics?.[0]);
  if (addresses.length * signatures.length <= maxTopics)
    return addresses.flatMap(address => signatures.map(signature => `${chain}.logs.${address}.${signature}`));
  const isAddressesFit = addresses.length <= maxTopics;
  if (isAddressesFit && (addresses.length <= signatures.length || signatures.length > maxTopics))
    return addresses.map(address => `${chain}.logs.${address}.*`);
  if (signatures.length <= maxTopics) return signatures.map(signature => `${chain}.logs.*.${signature}`);
  return [`${chain}.logs.*.*`];
}

/** Whether a log is one that a filter asks for. */
export function logMatcher(filter: LogFilter): (log: unknown) => boolean {
  const addresses = tokens(filter.address);
  const positions = (filter.topics ?? []).map(tokens);
  return log => {
    const { address, topics } = log as { readonly address: string; readonly topics: readonly string[] };
    return (
      positions.length <= topics.length &&
      isOneOf(addresses, address) &&
      positions.every((wanted, index) => isOneOf(wanted, topics[index]!))
    );
  };
}

/** In small letters; `*`: whichever. */
function tokens(value: string | readonly string[] | null | undefined): readonly string[] {
  const list = value === null || value === undefined ? [] : typeof value === 'string' ? [value] : value;
  return list.length === 0 ? ['*'] : [...new Set(list.map(text => text.toLowerCase()))];
}

function isOneOf(wanted: readonly string[], text: string): boolean {
  return wanted[0] === '*' || wanted.includes(text.toLowerCase());
}
