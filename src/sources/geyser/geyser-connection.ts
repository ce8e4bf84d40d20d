import { type PlainChildSpec, statemChild } from '../../otp/child-spec.ts';
import type { GenStatem } from '../../otp/gen-statem.ts';
import { type ProcessName, processName } from '../../otp/process-name.ts';
import { keepState, startIn, toState } from '../../otp/statem-events.ts';
import { purposeField } from '../source.ts';
import type { EndpointOwner, GeyserEndpoint } from './geyser-endpoint.ts';
import type { GeyserSource } from './geyser-source.ts';
import type { StreamEnd } from './stream-end.ts';

/** `turn`: see whether it is this endpoint's turn to stream; the others come from the stream. */
export type GeyserConnectionCast =
  | { readonly type: 'turn' }
  | { readonly type: 'opened'; readonly owner: EndpointOwner }
  | { readonly type: 'ended'; readonly owner: EndpointOwner; readonly end: StreamEnd };

export interface GeyserConnectionArgs {
  readonly source: GeyserSource;
  readonly endpoint: GeyserEndpoint;
}

interface Data extends GeyserConnectionArgs {
  /** Of the stream under way. */
  readonly owner: EndpointOwner | undefined;
  readonly connect: () => EndpointOwner;
}

type State = 'standby' | 'connecting' | 'streaming' | 'waiting';

/** Milliseconds between questions how far an endpoint can go back. */
const REPLAY_INTERVAL_MS = 10_000;

/** The name of the process that holds one endpoint's stream. */
export const geyserConnectionName = (
  source: GeyserSource,
  endpoint: string,
): ProcessName<never, GeyserConnectionCast> =>
  processName<never, GeyserConnectionCast>({
    type: 'geyser_connection',
    chain: source.chain,
    commitment: source.commitment,
    endpoint,
    ...purposeField(source),
  });

/**
 * Keeps one endpoint's stream going as long as it is its turn, with waits in between that grow with each failure.
 * Takes `turn`, `opened` and `ended`; no update passes through it. Its end ends the stream; the next process takes it up
 * where the source is.
 */
const geyserConnection: GenStatem<GeyserConnectionArgs, State, Data, never, GeyserConnectionCast> = {
  label: 'geyser_connection',
  stateEnter: true,

  init(self, { source, endpoint }) {
    const connect = () => {
      const owner: EndpointOwner = {
        onOpen: () => self.cast(self.pid, { type: 'opened', owner }),
        onEnd: end => self.cast(self.pid, { type: 'ended', owner, end }),
      };
      endpoint.connect(owner);
      return owner;
    };
    const forget = source.onTurn(() => self.cast(self.pid, { type: 'turn' }));
    self.system.watch(self.pid, () => {
      forget();
      endpoint.disown();
      endpoint.status = 'idle';
      source.turn();
    });
    endpoint.status = 'standby';
    self.cast(self.pid, { type: 'turn' });
    return startIn('standby', { source, endpoint, owner: undefined, connect });
  },

  handleEvent(event, state, data) {
    const { source, endpoint } = data;
    if (event.type === 'enter') {
      endpoint.status = state;
      return;
    }
    if (event.type === 'timeout') {
      if (state === 'streaming') void endpoint.learnReplay();
      return state === 'streaming' ? keepState({ timeouts: { replay: REPLAY_INTERVAL_MS } }) : undefined;
    }
    if (event.type === 'state_timeout') {
      const next = takeTurn(data);
      // Whoever stood by meanwhile goes first; it has to know.
      if (endpoint.status === 'standby') source.passOn();
      return next;
    }
    if (event.type !== 'cast') return;
    const { message } = event;
    if (message.type === 'turn') {
      if (state === 'standby') return takeTurn(data);
      if (!source.hasSubscriptions && state !== 'waiting') endpoint.renew();
      return;
    }
    if (message.owner !== data.owner) return;
    if (message.type === 'opened') {
      endpoint.log.info('a Geyser stream is open');
      return toState('streaming', { timeouts: { replay: 0 } });
    }
    const { end } = message;
    const waitMs = endpoint.waitMs;
    if (end.reason !== 'stopped') {
      endpoint.log.warn('a Geyser stream ended', { end: end.reason, reason: end.message, waitMs });
    }
    // Not before this one's state is another: then it is somebody else's turn.
    endpoint.status = 'waiting';
    if (end.reason !== 'stopped') source.passOn();
    return toState('waiting', { data: { ...data, owner: undefined }, stateTimeout: Math.round(waitMs) });
  },
};

function takeTurn(data: Data) {
  if (!data.source.mayStream(data.endpoint)) {
    data.endpoint.status = 'standby';
    return toState('standby');
  }
  // At once: others must see that the turn is taken.
  data.endpoint.status = 'connecting';
  return toState('connecting', { data: { ...data, owner: data.connect() } });
}

/** The specification of the process that holds one endpoint's stream. */
export function geyserConnectionChild(source: GeyserSource, endpoint: GeyserEndpoint): PlainChildSpec {
  return statemChild({
    id: `geyser_connection:${endpoint.id}`,
    statem: geyserConnection,
    name: geyserConnectionName(source, endpoint.id),
    about: 'Keeps one Geyser stream going: takes it up where it was, waits between failures, stands by.',
    args: { source, endpoint },
  });
}
