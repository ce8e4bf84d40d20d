/** Whether a stream shows ANSI colours; `NO_COLOR` switches them off. https://no-color.org */
export function hasColours(
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '';
}

/** Wraps text in ANSI styles, or leaves it alone where there are none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** The styles for a stream. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const style = (code: number, end: number) =>
    hasColours(stream) ? (text: string) => `\u001b[${code}m${text}\u001b[${end}m` : (text: string) => text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
