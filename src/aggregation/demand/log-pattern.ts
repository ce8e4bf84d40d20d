/** Which logs somebody asks for; what is absent does not matter. In small letters. */
export interface LogPattern {
  /** `0x` and 40 digits. */
  readonly address?: string;
  /** `0x` and 64 digits. */
  readonly topic0?: string;
}
