import type { SessionCall } from './session-call.ts';

/** Longer names are for no person to read, and each connection keeps one. */
const maxNameBytes = 512;

/** Names the connection by a word of the call; otherwise writes the error and returns false. */
export function setName({ words, session, reply }: SessionCall, index: number): boolean {
  if (words.size(index) > maxNameBytes || !isPrintable(words.bytes(index))) {
    reply.error('ERR Client names cannot contain spaces, newlines or special characters.');
    return false;
  }
  session.name = words.text(index);
  return true;
}

/** Whether all bytes are visible ASCII, as names must be in the list of clients. */
export function isPrintable(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < 0x21 || byte > 0x7e) return false;
  return true;
}
