import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
} from '@grpc/grpc-js';
import { geyserMethods } from '../../protocol/geyser/geyser-codec.ts';
import type { SubscribeRequest, Written } from '../../protocol/geyser/geyser-messages.ts';
import type { CompleteGeyserOptions, GeyserEndpointOptions } from './geyser-options.ts';

/** The duplex stream of a subscription; what arrives are the messages' bytes. */
export type SubscribeCall = ClientDuplexStream<Written<SubscribeRequest>, Buffer>;

/** Bytes that the endpoint may send ahead of what is read. */
const FLOW_CONTROL_WINDOW = 2 * 1024 * 1024;

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
const isAddress = (hostname: string): boolean => isIP(bare(hostname)) !== 0;

/** TLS names no server by an IP address (RFC 6066, section 3), and Node refuses to try: it is told a name that nobody has. */
const namelessOptions: ChannelOptions = { 'grpc.ssl_target_name_override': 'address.invalid' };

/** Trusts whom calls over HTTP trust. The certificate has to be valid for the host as it is written, be it an IP address. */
function tlsTo(hostname: string): ChannelCredentials {
  return credentials.createFromSecureContext(createSecureContext(), {
    checkServerIdentity: (_name, certificate) => checkServerIdentity(bare(hostname), certificate),
  });
}

/** One HTTP/2 connection to a Geyser endpoint; a new one for each stream, so that no back-off but ours is at work. */
export class GeyserClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(
    { url, token }: GeyserEndpointOptions,
    {
      maxMessageBytes,
      keepaliveIntervalMs,
      keepaliveTimeoutMs,
    }: Pick<CompleteGeyserOptions, 'maxMessageBytes' | 'keepaliveIntervalMs' | 'keepaliveTimeoutMs'>,
  ) {
    const { protocol, hostname, port } = new URL(url);
    const isTls = protocol === 'https:';
    this.#client = new Client(
      `${hostname}:${port === '' ? (isTls ? '443' : '80') : port}`,
      isTls ? tlsTo(hostname) : credentials.createInsecure(),
      {
        ...(isTls && isAddress(hostname) ? namelessOptions : {}),
        'grpc.max_receive_message_length': maxMessageBytes,
        'grpc.keepalive_time_ms': keepaliveIntervalMs,
        'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
        'grpc.keepalive_permit_without_calls': 1,
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_retries': 0,
        'grpc.enable_http_proxy': 0,
        'grpc.service_config_disable_resolution': 1,
        'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW,
      },
    );
    if (token !== undefined) this.#metadata.set('x-token', token);
  }

  subscribe(): SubscribeCall {
    const { path, requestSerialize } = geyserMethods.subscribe;
    // Decoded where a message that does not read can be answered for: not inside the library.
    return this.#client.makeBidiStreamRequest(path, requestSerialize, bytes => bytes, this.#metadata, {});
  }

  /**
   * The oldest slot that can be replayed; undefined: the endpoint does not say. Never rejects.
   * @param deadline milliseconds since the Unix epoch
   */
  replayFrom(deadline: number): Promise<number | undefined> {
    const { path, requestSerialize, responseDeserialize } = geyserMethods.subscribeReplayInfo;
    return new Promise(resolve => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        {},
        this.#metadata,
        { deadline },
        (_error, info) => resolve(typeof info?.firstAvailable === 'number' ? info.firstAvailable : undefined),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
