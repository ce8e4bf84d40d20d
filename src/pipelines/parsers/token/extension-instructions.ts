import { type BorshType, key, option } from '../../borsh/borsh-types.ts';
import { type InstructionLayout, layout } from '../instruction-layout.ts';
import { restAsTypes } from './token-instructions.ts';

/** All that is left, as it is. */
const rest: BorshType<Uint8Array> = { minSize: 0, read: cursor => cursor.copy(cursor.remaining) };

/** Instructions of Token-2022 alone that are told in full, by the first byte. */
export const token2022Layouts: ReadonlyMap<number, InstructionLayout> = new Map([
  [25, layout('initializeMintCloseAuthority', ['mint'], { closeAuthority: option(key) })],
  [29, layout('reallocate', ['account', 'payer', 'systemProgram', 'owner'], { extensionTypes: restAsTypes })],
  [31, layout('createNativeMint', ['payer', 'nativeMint', 'systemProgram'])],
  [32, layout('initializeNonTransferableMint', ['mint'])],
  [35, layout('initializePermanentDelegate', ['mint'], { delegate: key })],
]);

/** Families of instructions, by the first byte, and what the second one means in them. */
export const extensionFamilies: ReadonlyMap<
  number,
  { readonly name: string; readonly members: readonly string[] }
> = new Map([
  [
    26,
    {
      name: 'transferFee',
      members: [
        'initializeTransferFeeConfig',
        'transferCheckedWithFee',
        'withdrawWithheldTokensFromMint',
        'withdrawWithheldTokensFromAccounts',
        'harvestWithheldTokensToMint',
        'setTransferFee',
      ],
    },
  ],
  [
    27,
    {
      name: 'confidentialTransfer',
      members: [
        'initializeMint',
        'updateMint',
        'configureAccount',
        'approveAccount',
        'emptyAccount',
        'deposit',
        'withdraw',
        'transfer',
        'applyPendingBalance',
        'enableConfidentialCredits',
        'disableConfidentialCredits',
        'enableNonConfidentialCredits',
        'disableNonConfidentialCredits',
        'transferWithFee',
        'configureAccountWithRegistry',
      ],
    },
  ],
  [28, { name: 'defaultAccountState', members: ['initialize', 'update'] }],
  [30, { name: 'memoTransfer', members: ['enable', 'disable'] }],
  [33, { name: 'interestBearingMint', members: ['initialize', 'updateRate'] }],
  [34, { name: 'cpiGuard', members: ['enable', 'disable'] }],
  [36, { name: 'transferHook', members: ['initialize', 'update'] }],
  [
    37,
    {
      name: 'confidentialTransferFee',
      members: [
        'initializeConfidentialTransferFeeConfig',
        'withdrawWithheldTokensFromMint',
        'withdrawWithheldTokensFromAccounts',
        'harvestWithheldTokensToMint',
        'enableHarvestToMint',
        'disableHarvestToMint',
      ],
    },
  ],
  [39, { name: 'metadataPointer', members: ['initialize', 'update'] }],
  [40, { name: 'groupPointer', members: ['initialize', 'update'] }],
  [41, { name: 'groupMemberPointer', members: ['initialize', 'update'] }],
  [
    42,
    {
      name: 'confidentialMintBurn',
      members: [
        'initializeMint',
        'rotateSupplyElGamalPubkey',
        'updateDecryptableSupply',
        'mint',
        'burn',
        'applyPendingBurn',
      ],
    },
  ],
  [43, { name: 'scaledUiAmount', members: ['initialize', 'updateMultiplier'] }],
  [44, { name: 'pausable', members: ['initialize', 'pause', 'resume'] }],
]);

/** Instructions of the interfaces for metadata and groups: what the hash of their discriminator is of, and their name. */
export const interfaceInstructions: readonly { readonly preimage: string; readonly name: string }[] = [
  { preimage: 'spl_token_metadata_interface:initialize_account', name: 'tokenMetadata.initialize' },
  { preimage: 'spl_token_metadata_interface:updating_field', name: 'tokenMetadata.updateField' },
  { preimage: 'spl_token_metadata_interface:remove_key_ix', name: 'tokenMetadata.removeKey' },
  { preimage: 'spl_token_metadata_interface:update_the_authority', name: 'tokenMetadata.updateAuthority' },
  { preimage: 'spl_token_metadata_interface:emitter', name: 'tokenMetadata.emit' },
  { preimage: 'spl_token_group_interface:initialize_token_group', name: 'tokenGroup.initializeGroup' },
  { preimage: 'spl_token_group_interface:update_group_max_size', name: 'tokenGroup.updateMaxSize' },
  { preimage: 'spl_token_group_interface:update_authority', name: 'tokenGroup.updateAuthority' },
  { preimage: 'spl_token_group_interface:initialize_member', name: 'tokenGroup.initializeMember' },
];

/** An instruction that is named, its arguments left as bytes and its accounts without roles. */
export function namedOnly(name: string): InstructionLayout {
  return { name, accounts: [], args: { minSize: 0, read: cursor => ({ data: rest.read(cursor) }) } };
}
