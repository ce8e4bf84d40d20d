/** One option of a fault: how it is written, checked and documented. */
export type FaultOption =
  | {
      readonly type: 'integer';
      readonly doc: string;
      readonly default: number;
      readonly minimum: number;
      readonly maximum: number;
    }
  | {
      readonly type: 'choice';
      readonly doc: string;
      readonly default: string;
      readonly choices: readonly string[];
    }
  | { readonly type: 'boolean'; readonly doc: string; readonly default: boolean }
  | { readonly type: 'text'; readonly doc: string; readonly default: string };

/** A kind of fault: one sentence for help and docs, and its options. */
export interface FaultKindDefinition {
  readonly doc: string;
  readonly options: Readonly<Record<string, FaultOption>>;
}

const integer = <Default extends number>(
  doc: string,
  fallback: Default,
  minimum = 0,
  maximum = 2 ** 53 - 1,
) => ({ type: 'integer', doc, default: fallback as number, minimum, maximum }) as const;
const choice = <const Choices extends readonly [string, ...string[]]>(doc: string, choices: Choices) =>
  ({ type: 'choice', doc, default: choices[0] as string, choices }) as const;
const text = (doc: string, fallback = '') => ({ type: 'text', doc, default: fallback }) as const;
const flag = (doc: string) => ({ type: 'boolean', doc, default: false }) as const;

const transport = choice(
  'Limits the fault to one transport; `grpc` is that of Geyser, where the chain has it.',
  ['any', 'http', 'ws', 'grpc'],
);
const times = integer('The fault ends by itself after so many applications; 0: it stays.', 0);
const method = text(
  'Limits the fault to these methods: names separated by commas, `*` at the end matches the rest.',
);
const perCall = { method, transport, times };

/** Every fault that a simulated provider can have; command-line help, validation and docs are made from this table. */
export const faultKinds = {
  kill: {
    doc: 'Refuses connections and cuts every open one; healed, it listens on the same port again.',
    options: {},
  },
  hang: {
    doc: 'Accepts connections and requests but answers nothing, as a stopped process does; open WebSockets fall silent, pongs included.',
    options: perCall,
  },
  reset: {
    doc: 'Cuts the connection with a TCP RST.',
    options: {
      ...perCall,
      stage: choice('When: after the upstream has answered, when the request has come in, or at once.', [
        'response',
        'request',
        'connect',
      ]),
      after_bytes: integer('Bytes of the answer that are sent first (stage `response`).', 0),
    },
  },
  error: {
    doc: 'Answers every request with an error.',
    options: {
      ...perCall,
      style: choice('An HTTP status, or HTTP 200 with a JSON-RPC error; over WebSocket always the latter.', [
        'http',
        'rpc',
      ]),
      status: integer('HTTP status.', 500, 400, 599),
      code: integer('JSON-RPC error code.', -32603, -(2 ** 31), 2 ** 31),
      message: text('Text of the error.', 'internal error'),
    },
  },
  'rate-limit': {
    doc: 'Answers that there are too many requests.',
    options: {
      ...perCall,
      style: choice(
        'HTTP 429, HTTP 200 with a JSON-RPC error, or HTTP 429 with an HTML page; over WebSocket always a JSON-RPC error.',
        ['http', 'rpc', 'html'],
      ),
      retry_after: integer('Seconds in the `Retry-After` header.', 1, 0, 86_400),
      code: integer(
        'JSON-RPC error code; of Solana 429 when it is the default, which has another meaning there.',
        -32005,
        -(2 ** 31),
        2 ** 31,
      ),
    },
  },
  truncate: {
    doc: 'Cuts the answer short.',
    options: {
      ...perCall,
      style: choice(
        'A cut JSON text with a matching length, or the connection closed in the middle of the body.',
        ['body', 'connection'],
      ),
      keep: integer('Bytes of the body that are left; 0: half of them.', 0),
    },
  },
  lag: {
    doc: 'Stays behind the head: heads, events, `latest` and everything newer than that come late.',
    options: { transport, blocks: integer('Blocks, or slots, behind the head.', 10, 1) },
  },
  delay: {
    doc: 'Answers, and sends events, late.',
    options: {
      ...perCall,
      ms: integer('Milliseconds added to each answer.', 200, 0, 600_000),
      jitter: integer('Up to so many milliseconds more or less, at random.', 0, 0, 600_000),
    },
  },
  'drop-ws': {
    doc: 'Cuts the open WebSockets and refuses new ones; HTTP is served.',
    options: { once: flag('Only cuts the open ones; new ones are accepted and nothing is left to heal.') },
  },
  'drop-grpc': {
    doc: 'Cuts the open gRPC connections and refuses new ones; HTTP and WebSocket are served.',
    options: { once: flag('Only cuts the open ones; new ones are accepted and nothing is left to heal.') },
  },
  'wrong-chain': {
    doc: 'Says that it serves another chain.',
    options: {
      transport,
      chain_id: integer(
        'Chain id that it claims; 0: the right one plus 1. On Solana any of them is another genesis hash.',
        0,
      ),
    },
  },
  syncing: {
    doc: 'Says in `eth_syncing`, on Solana in `getHealth`, that it has not caught up.',
    options: { transport },
  },
  'null-tx': {
    doc: 'Knows no transaction: answers `null` for transactions and receipts by hash, on Solana for transactions and statuses by signature.',
    options: { transport, times },
  },
  'wrong-id': {
    doc: 'Answers with another id than the request has.',
    options: { ...perCall, as: choice('What the id becomes.', ['other', 'null', 'missing']) },
  },
  'slow-drip': {
    doc: 'Sends its answers a few bytes at a time.',
    options: {
      ...perCall,
      bytes: integer('Bytes at a time.', 1, 1),
      interval_ms: integer('Milliseconds between them.', 1_000, 1, 600_000),
    },
  },
  huge: {
    doc: 'Answers with a body that does not end.',
    options: {
      ...perCall,
      bytes: integer('Length of the body, announced beforehand; 0: endless and unannounced.', 0),
    },
  },
  redirect: {
    doc: 'Redirects HTTP requests and WebSocket handshakes to a private address.',
    options: {
      ...perCall,
      status: integer('HTTP status.', 302, 300, 399),
      location: text('Where to.', 'http://10.0.0.1/'),
    },
  },
  head: {
    doc: 'Claims an absurd head in `eth_blockNumber`, the latest block and newHeads; on Solana in `getSlot`, `getBlockHeight` and slot notifications.',
    options: {
      transport,
      value: choice('The number: 0, the largest of 64 bits, or a billion.', ['zero', 'huge', 'billion']),
    },
  },
  'echo-url': {
    doc: "Answers with an error whose text holds the request's URL, key included.",
    options: { ...perCall, style: choice('HTTP 500, or HTTP 200 with a JSON-RPC error.', ['http', 'rpc']) },
  },
  'geyser-stall': {
    doc: 'Holds the updates of Geyser streams back until it is healed.',
    options: {
      pings: choice('Whether pings and pongs go on, so that the connection looks well.', ['go_on', 'stop']),
    },
  },
  'geyser-replay': {
    doc: 'Cannot replay slots on Geyser streams as far back as the chain has them.',
    options: {
      style: choice('OUT_OF_RANGE with the oldest slot, or INTERNAL as a server without replay answers.', [
        'out_of_range',
        'unsupported',
      ]),
      slots: integer('Slots before the head that it can still replay (style `out_of_range`).', 0),
    },
  },
  'geyser-refuse': {
    doc: 'Refuses Geyser calls with a gRPC status; open streams stay.',
    options: {
      method: text('Limits the fault to these methods, for example `Subscribe`.'),
      times,
      reason: choice('Why, in the words of the servers that are known.', [
        'too_many_streams',
        'bad_token',
        'unavailable',
        'unimplemented',
        'internal',
      ]),
    },
  },
  'geyser-end': {
    doc: 'Ends Geyser streams from the side of the server.',
    options: {
      times,
      reason: choice('The status: a client that reads too slowly, others, or none (`ok`).', [
        'lagged',
        'internal',
        'unavailable',
        'cancelled',
        'ok',
      ]),
      after: integer('Updates that are sent on a stream first.', 0),
    },
  },
  'geyser-garbage': {
    doc: 'Sends bytes in place of updates on Geyser streams that are no message.',
    options: {
      times,
      style: choice('Random bytes, an update that is cut, or one that claims 4 GB.', [
        'random',
        'cut',
        'claim',
      ]),
    },
  },
  'geyser-duplicate': {
    doc: 'Sends each update of Geyser streams twice.',
    options: { times },
  },
  'geyser-lose': {
    doc: 'Loses updates at the start of each slot on Geyser streams, though it tells the slot as whole.',
    options: { times, updates: integer('How many of each slot.', 1, 1) },
  },
  'geyser-dead': {
    doc: 'Tells slots as dead after `processed` on Geyser streams though the chain goes on with them, as a node does that repairs a block.',
    options: { times },
  },
} as const satisfies Readonly<Record<string, FaultKindDefinition>>;

/** The name of a fault. */
export type FaultKind = keyof typeof faultKinds;

type OptionValue<Option> = Option extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : Option extends { readonly type: 'integer' }
    ? number
    : Option extends { readonly type: 'boolean' }
      ? boolean
      : string;

/** The checked options of a fault, defaults filled in. */
export type FaultOptions<Kind extends FaultKind> = {
  readonly [Name in keyof (typeof faultKinds)[Kind]['options']]: OptionValue<
    (typeof faultKinds)[Kind]['options'][Name]
  >;
};
