import { TrunklineError } from '../errors/trunkline-error.ts';
import { devnetErrors } from './errors.ts';
import { type FaultKind, type FaultOption, type FaultOptions, faultKinds } from './fault-kinds.ts';

/** Options as they come in: from a command line (text), from JSON, or from a test. */
export type GivenFaultOptions = Readonly<Record<string, string | number | boolean>>;

/**
 * Returns `kind` as a kind of fault.
 *
 * @throws TrunklineError `devnet_fault_unknown`, with the kinds that there are
 */
export function parseFaultKind(kind: string): FaultKind {
  if (Object.hasOwn(faultKinds, kind)) return kind as FaultKind;
  const kinds = Object.keys(faultKinds);
  throw new TrunklineError(
    devnetErrors,
    'devnet_fault_unknown',
    `no fault "${kind}"; there are: ${kinds.join(', ')}`,
    {
      details: { kind, kinds },
    },
  );
}

/**
 * Returns the options of a fault, checked, with defaults filled in.
 *
 * @throws TrunklineError `devnet_fault_option_invalid`
 */
export function parseFaultOptions<Kind extends FaultKind>(
  kind: Kind,
  given: GivenFaultOptions,
): FaultOptions<Kind> {
  const known: Readonly<Record<string, FaultOption>> = faultKinds[kind].options;
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const names = Object.keys(known);
    const hint = names.length === 0 ? 'it has none' : `it has: ${names.join(', ')}`;
    throw invalid(kind, name, `the fault "${kind}" has no option "${name}"; ${hint}`);
  }
  const values: Record<string, string | number | boolean> = {};
  for (const [name, option] of Object.entries(known)) {
    const value = given[name];
    values[name] = value === undefined ? option.default : parseValue(kind, name, option, value);
  }
  return values as unknown as FaultOptions<Kind>;
}

function parseValue(kind: FaultKind, name: string, option: FaultOption, value: string | number | boolean) {
  const fail = (wanted: string) =>
    invalid(kind, name, `"${name}" of the fault "${kind}" is ${wanted}, not "${value}"`);
  switch (option.type) {
    case 'integer': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (
        typeof number === 'number' &&
        Number.isInteger(number) &&
        number >= option.minimum &&
        number <= option.maximum
      ) {
        return number;
      }
      throw fail(`a whole number from ${option.minimum} to ${option.maximum}`);
    }
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw fail('true or false');
    case 'choice':
      if (typeof value === 'string' && option.choices.includes(value)) return value;
      throw fail(`one of ${option.choices.join(', ')}`);
    case 'text':
      return String(value);
  }
}

function invalid(kind: FaultKind, option: string, message: string): TrunklineError {
  return new TrunklineError(devnetErrors, 'devnet_fault_option_invalid', message, {
    details: { kind, option },
  });
}
