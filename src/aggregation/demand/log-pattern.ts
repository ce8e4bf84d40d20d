/** Which logs somebody asks for; absent: any. In small letters. */
export interface LogPattern {
  /** `0x` and 40 digits. */
  readonly address?: string;
  /** `0x` and 64 digits. */
  readonly topic0?: string;
}
