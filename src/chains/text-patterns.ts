/** A text as lists of patterns read it, cut after `chars`: what matters stands in front. */
export function readable(text: string, chars = 512): string {
  return text.slice(0, chars).toLowerCase();
}

/** One pattern that finds what any of them finds. */
export function anyOf(...patterns: RegExp[]): RegExp {
  return new RegExp(patterns.map(pattern => pattern.source).join('|'));
}
