import { ReplyWriter } from '../protocol/resp/reply-writer.ts';

const sink = new ReplyWriter(256);

/** Takes replies that nobody wants. */
export function discarded(protocol: 2 | 3): ReplyWriter {
  sink.reset();
  sink.protocol = protocol;
  return sink;
}
