/** By the type's number. */
const extensionNames = [
  'uninitialized',
  'transferFeeConfig',
  'transferFeeAmount',
  'mintCloseAuthority',
  'confidentialTransferMint',
  'confidentialTransferAccount',
  'defaultAccountState',
  'immutableOwner',
  'memoTransfer',
  'nonTransferable',
  'interestBearingConfig',
  'cpiGuard',
  'permanentDelegate',
  'nonTransferableAccount',
  'transferHook',
  'transferHookAccount',
  'confidentialTransferFeeConfig',
  'confidentialTransferFeeAmount',
  'metadataPointer',
  'tokenMetadata',
  'groupPointer',
  'tokenGroup',
  'groupMemberPointer',
  'tokenGroupMember',
  'confidentialMintBurn',
  'scaledUiAmount',
  'pausable',
  'pausableAccount',
];

/** An extension of a mint or a token account. */
export interface TokenExtension {
  /** Its name, or `extension 99` where it has none here. */
  readonly type: string;
  readonly data: Uint8Array;
}

/** Lists the extensions behind a mint or a token account: type (u16), length (u16), that many bytes, again and again. */
export function readExtensions(
  data: Uint8Array,
  from: number,
):
  | { readonly ok: true; readonly list: readonly TokenExtension[] }
  | { readonly ok: false; readonly reason: string } {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const list: TokenExtension[] = [];
  let at = from;
  // A type of 0 is room that is not used yet; fewer than four bytes hold no extension.
  while (at + 4 <= bytes.length) {
    const type = bytes.readUInt16LE(at);
    if (type === 0) break;
    const length = bytes.readUInt16LE(at + 2);
    const end = at + 4 + length;
    if (end > bytes.length)
      return {
        ok: false,
        reason: `the extension at byte ${at} announces ${length} bytes, ${bytes.length - at - 4} are left`,
      };
    list.push({
      type: extensionNames[type] ?? `extension ${type}`,
      data: new Uint8Array(data.subarray(at + 4, end)),
    });
    at = end;
  }
  return { ok: true, list };
}
