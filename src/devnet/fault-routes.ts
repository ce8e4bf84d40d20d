import { type FaultKind, faultKinds } from './fault-kinds.ts';

/** The kinds that reach both sides of a provider that has Geyser; the others are of JSON-RPC alone, or of gRPC alone. */
const shared: readonly FaultKind[] = ['kill', 'hang', 'reset', 'error', 'rate-limit', 'lag', 'delay'];

/** Which side of a simulated provider a fault with this `transport` reaches: that of HTTP and WebSocket, that of gRPC, or both. */
export function faultRoutes(
  kind: FaultKind,
  transport = 'any',
): { readonly rpc: boolean; readonly grpc: boolean } {
  if (kind === 'drop-grpc' || kind.startsWith('geyser-')) return { rpc: false, grpc: true };
  if (!shared.includes(kind)) return { rpc: true, grpc: false };
  if (!('transport' in faultKinds[kind].options)) return { rpc: true, grpc: true };
  return { rpc: transport !== 'grpc', grpc: transport === 'any' || transport === 'grpc' };
}
