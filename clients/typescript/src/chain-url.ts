import { FeedError } from './feed-error.ts';

/** Where a chain's requests and the feed are, in a Trunkline. */
export interface ChainUrls {
  readonly rpc: string;
  readonly feed: string;
  /** As the address names it: a name, a chain id or a CAIP-2 name. */
  readonly chain: string;
}

/** Reads `ws://host:4000/rpc/<chain>`; `http` and `https` stand for `ws` and `wss`. @throws FeedError `url_invalid` */
export function readChainUrl(text: string): ChainUrls {
  let url: URL | undefined;
  try {
    url = new URL(text.replace(/^http/, 'ws'));
  } catch {}
  const parts = url === undefined ? null : /^(.*)\/rpc\/([^/]+)\/?$/.exec(url.pathname);
  if (url === undefined || parts === null)
    throw new FeedError(
      'url_invalid',
      `"${text}" is no address of a chain, such as ws://host:4000/rpc/ethereum`,
    );
  const feed = new URL(url);
  feed.pathname = `${parts[1]}/feed`;
  feed.search = '';
  return { rpc: url.href, feed: feed.href, chain: decodeURIComponent(parts[2]!) };
}
