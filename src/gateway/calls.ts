import type { ScannedCall } from '../protocol/json-rpc/scan-request.ts';
import { replaceId, request } from '../protocol/json-rpc/write.ts';
import type { GatewayCall, Steering } from './call.ts';
import type { ChainRuntime } from './chain-directory.ts';

const standInId = Buffer.from('1');
const nullId = Buffer.from('null');
const noSteering: Steering = {};

/**
 * A client's call, ready for dispatch. Its bytes go upstream as they came; only an id that a server might
 * spell differently (a float, an escaped string) travels under a stand-in.
 */
export function clientCall(
  chain: ChainRuntime,
  source: Buffer,
  scanned: ScannedCall,
  steering: Steering,
  now: number,
): GatewayCall {
  const { start, end, idStart, idEnd, paramsStart, paramsEnd, method } = scanned;
  const policy = chain.family.policy(method);
  const params = paramsStart < 0 ? undefined : source.subarray(paramsStart, paramsEnd);
  const isNotification = idStart < 0;
  const clientId = isNotification ? nullId : source.subarray(idStart, idEnd);
  const isPlain = !isNotification && scanned.idPlain;
  const payload = isPlain
    ? start === 0 && end === source.length
      ? source
      : source.subarray(start, end)
    : isNotification
      ? request(standInId, method, params)
      : replaceId(source.subarray(start, end), { idStart: idStart - start, idEnd: idEnd - start }, standInId);
  return {
    chain,
    policy,
    method,
    demand: chain.family.demand(policy, source, paramsStart, paramsEnd),
    payload,
    idBytes: isPlain ? clientId : standInId,
    clientId,
    isNotification,
    params,
    steering,
    deadline: now + chain.config.failover.deadline,
  };
}

/** A call that a stage makes on a client's behalf; its answer carries `clientId`. */
export function derivedCall(
  chain: ChainRuntime,
  method: string,
  params: Buffer,
  options: { readonly clientId: Buffer; readonly deadline: number; readonly steering?: Steering },
): GatewayCall {
  const policy = chain.family.policy(method);
  return {
    chain,
    policy,
    method,
    demand: chain.family.demand(policy, params, 0, params.length),
    payload: request(standInId, method, params),
    idBytes: standInId,
    clientId: options.clientId,
    isNotification: false,
    params,
    steering: options.steering ?? noSteering,
    deadline: options.deadline,
  };
}
