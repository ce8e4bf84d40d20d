/** A text that others wrote, for one line of a terminal: without control characters, and of a bounded length. */
export function oneLine(text: string, maxLength = 300): string {
  const line = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return line.replace(/\p{Cc}+/gu, ' ');
}
