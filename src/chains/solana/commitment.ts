/** How sure a slot is. https://solana.com/docs/rpc#configuring-state-commitment */
export type Commitment = 'processed' | 'confirmed' | 'finalized';

/** From the least sure to the surest; the index is the commitment's number on the wire of Geyser. */
export const commitments = ['processed', 'confirmed', 'finalized'] as const satisfies readonly Commitment[];
