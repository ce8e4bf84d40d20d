/** An IDL as Anchor writes it since 0.30, with a type of every kind. */
export const newIdl = {
  address: 'Fg6PaFpoGXkYsidMpWTK6W2BeZ7FEfcYkg476zPFsLnS',
  metadata: { name: 'market', version: '0.1.0', spec: '0.1.0' },
  instructions: [
    {
      name: 'place_order',
      discriminator: [51, 194, 155, 175, 109, 130, 96, 106],
      accounts: [
        { name: 'owner', signer: true },
        { name: 'referrer', optional: true },
        { name: 'vault', accounts: [{ name: 'tokens', writable: true }, { name: 'mint' }] },
      ],
      args: [
        { name: 'price', type: 'u64' },
        { name: 'kind', type: { defined: { name: 'OrderKind' } } },
        { name: 'memo', type: { option: 'string' } },
      ],
    },
  ],
  accounts: [{ name: 'Book', discriminator: [1, 2, 3, 4, 5, 6, 7, 8] }],
  events: [{ name: 'Everything', discriminator: [9, 9, 9, 9, 9, 9, 9, 9] }],
  types: [
    {
      name: 'OrderKind',
      type: {
        kind: 'enum',
        variants: [
          { name: 'Market' },
          { name: 'Limit', fields: [{ name: 'expires', type: 'i64' }] },
          { name: 'Pegged', fields: ['i16', 'bool'] },
        ],
      },
    },
    {
      name: 'Book',
      type: {
        kind: 'struct',
        fields: [
          { name: 'authority', type: 'pubkey' },
          { name: 'levels', type: { vec: { defined: { name: 'Level' } } } },
        ],
      },
    },
    {
      name: 'Level',
      type: {
        kind: 'struct',
        fields: [
          { name: 'price', type: 'u128' },
          { name: 'orders', type: { array: ['u16', 3] } },
        ],
      },
    },
    {
      name: 'Everything',
      type: {
        kind: 'struct',
        fields: [
          { name: 'flag', type: 'bool' },
          { name: 'small', type: 'i8' },
          { name: 'count', type: 'u32' },
          { name: 'ratio', type: 'f32' },
          { name: 'precise', type: 'f64' },
          { name: 'total', type: 'i128' },
          { name: 'who', type: 'pubkey' },
          { name: 'note', type: 'string' },
          { name: 'raw', type: 'bytes' },
          { name: 'fixed', type: { array: ['u8', 4] } },
          { name: 'nested', type: { vec: { option: { defined: { name: 'Level' } } } } },
          { name: 'kind', type: { defined: { name: 'OrderKind' } } },
        ],
      },
    },
  ],
};

/** An IDL as Anchor wrote it before 0.30. */
export const oldIdl = {
  version: '0.1.0',
  name: 'swap',
  instructions: [
    {
      name: 'swapExactV2',
      accounts: [
        { name: 'payer', isMut: true, isSigner: true },
        { name: 'pool', accounts: [{ name: 'vaultA', isMut: true, isSigner: false }] },
      ],
      args: [{ name: 'amount', type: 'u64' }],
    },
  ],
  accounts: [{ name: 'Pool', type: { kind: 'struct', fields: [{ name: 'authority', type: 'publicKey' }] } }],
  events: [
    {
      name: 'Swapped',
      fields: [
        { name: 'pool', type: 'publicKey', index: false },
        { name: 'side', type: { defined: 'Side' }, index: false },
      ],
    },
  ],
  types: [
    { name: 'Side', type: { kind: 'enum', variants: [{ name: 'Buy' }, { name: 'Sell', fields: ['u64'] }] } },
  ],
  metadata: { address: 'Fg6PaFpoGXkYsidMpWTK6W2BeZ7FEfcYkg476zPFsLnS' },
};
