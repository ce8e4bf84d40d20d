/**
 * Reduces every URL in `text` to scheme, host and port: `https://host:8545/…`. User info, path and query are
 * where providers put keys. Also finds URLs that are percent-encoded or JSON-escaped.
 */
export function redactUrls(text: string): string {
  if (!mayHoldUrl(text)) return text;
  return text.replace(url, (whole: string, slashes: string, rest: string, at: number) => {
    if (isFileScheme(text, at)) return whole;
    let end = rest.length;
    while (end > 0 && punctuation.includes(rest[end - 1]!)) end--;
    return slashes + reduce(rest.slice(0, end)) + rest.slice(end);
  });
}

const url = /(?<=[a-z0-9+.-])((?::|%(?:25)*3a)(?:\\*\/|%(?:25)*2f){2})([^\s"<>]*)/gi;
const hostAndPort = /^(?:(?:[a-z0-9._-]|\[redacted\])+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
/** Belongs to the sentence around a URL rather than to the URL. */
const punctuation = "\\)].,;:!?}'`";
const encodedAt = /@|%(?:25)*40/;

function mayHoldUrl(text: string): boolean {
  return text.includes('://') || text.includes(':\\') || /%3a|%253a/i.test(text);
}

/** Stack traces are made of file URLs, and no provider is behind one. */
function isFileScheme(text: string, at: number): boolean {
  return /(?:^|[^a-z0-9+.-])file$/i.test(text.slice(Math.max(0, at - 5), at));
}

function reduce(rest: string): string {
  const end = rest.search(/[/\\?#]/);
  let authority = end < 0 ? rest : rest.slice(0, end);
  let more = end < 0 ? '' : rest.slice(end);
  authority = authority.slice(authority.lastIndexOf('@') + 1);
  const percent = authority.indexOf('%');
  if (percent >= 0) {
    more = authority.slice(percent) + more;
    authority = authority.slice(0, percent);
  }
  // An "@" behind the first slash: what looks like the host may be the beginning of a password.
  if (!hostAndPort.test(authority) || encodedAt.test(more)) return ellipsis;
  return more === '' || more === '/' ? authority + more : `${authority}/${ellipsis}`;
}

const ellipsis = '…';
