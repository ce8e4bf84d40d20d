import { type BorshType, key, option, u8, u16, u64, utf8 } from '../../borsh/borsh-types.ts';
import { type InstructionLayout, layout } from '../instruction-layout.ts';

const authorityTypes = ['mintTokens', 'freezeAccount', 'accountOwner', 'closeAccount'] as const;

/** Authorities that only Token-2022 has, from 4 on. */
const extensionAuthorityTypes = [
  'transferFeeConfig',
  'withheldWithdraw',
  'closeMint',
  'interestRate',
  'permanentDelegate',
  'confidentialTransferMint',
  'transferHookProgramId',
  'confidentialTransferFeeConfig',
  'metadataPointer',
  'groupPointer',
  'groupMemberPointer',
  'scaledUiAmount',
  'pause',
] as const;

/** The name of an authority; its number as text where it has none here. */
const authorityType: BorshType<string> = {
  minSize: 1,
  read(cursor) {
    const kind = cursor.u8();
    return [...authorityTypes, ...extensionAuthorityTypes][kind] ?? String(kind);
  },
};

/** All that is left, as text. */
const restAsText: BorshType<string> = { minSize: 0, read: cursor => utf8(cursor, cursor.remaining) };

/** All that is left, as numbers of two bytes. */
export const restAsTypes: BorshType<number[]> = {
  minSize: 0,
  read(cursor) {
    const types: number[] = [];
    while (cursor.remaining > 0) types.push(u16.read(cursor));
    return types;
  },
};

const initializeMint = { decimals: u8, mintAuthority: key, freezeAuthority: option(key) };
const checked = { amount: u64, decimals: u8 };

/** Instructions that SPL Token and Token-2022 share, by the first byte. Signers of a multisig come behind the roles. */
export const tokenLayouts: readonly InstructionLayout[] = [
  layout('initializeMint', ['mint', 'rent'], initializeMint),
  layout('initializeAccount', ['account', 'mint', 'owner', 'rent']),
  layout('initializeMultisig', ['multisig', 'rent'], { m: u8 }),
  layout('transfer', ['source', 'destination', 'authority'], { amount: u64 }),
  layout('approve', ['source', 'delegate', 'owner'], { amount: u64 }),
  layout('revoke', ['source', 'owner']),
  layout('setAuthority', ['owned', 'owner'], { authorityType, newAuthority: option(key) }),
  layout('mintTo', ['mint', 'token', 'mintAuthority'], { amount: u64 }),
  layout('burn', ['account', 'mint', 'authority'], { amount: u64 }),
  layout('closeAccount', ['account', 'destination', 'owner']),
  layout('freezeAccount', ['account', 'mint', 'owner']),
  layout('thawAccount', ['account', 'mint', 'owner']),
  layout('transferChecked', ['source', 'mint', 'destination', 'authority'], checked),
  layout('approveChecked', ['source', 'mint', 'delegate', 'owner'], checked),
  layout('mintToChecked', ['mint', 'token', 'mintAuthority'], checked),
  layout('burnChecked', ['account', 'mint', 'authority'], checked),
  layout('initializeAccount2', ['account', 'mint', 'rent'], { owner: key }),
  layout('syncNative', ['account']),
  layout('initializeAccount3', ['account', 'mint'], { owner: key }),
  layout('initializeMultisig2', ['multisig'], { m: u8 }),
  layout('initializeMint2', ['mint'], initializeMint),
  layout('getAccountDataSize', ['mint'], { extensionTypes: restAsTypes }),
  layout('initializeImmutableOwner', ['account']),
  layout('amountToUiAmount', ['mint'], { amount: u64 }),
  layout('uiAmountToAmount', ['mint'], { uiAmount: restAsText }),
];

/** Later ones that both have under the same byte. */
export const laterTokenLayouts: ReadonlyMap<number, InstructionLayout> = new Map([
  [38, layout('withdrawExcessLamports', ['source', 'destination', 'authority'])],
  [45, layout('unwrapLamports', ['source', 'destination', 'authority'], { amount: option(u64) })],
]);
