import type { ChildSpec, PlainChildSpec } from './child-spec.ts';
import { OtpError } from './errors.ts';
import { checkChildSpec, checkSupervisorFlags, type SpecError } from './spec-check.ts';

/**
 * Which children a death concerns: the dead one; all of them; the dead one and those started after it.
 */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one';

/** Whether the end of significant children ends the supervisor: never, the first of them, the last of them. */
export type AutoShutdown = 'never' | 'any_significant' | 'all_significant';

interface SupervisorFields {
  /** Names the supervisor in the tree. */
  readonly id: string;
  /** Restarts allowed within `periodMs`; one more ends the supervisor with `shutdown`. @default 3 */
  readonly intensity?: number;
  /** @default 5000 */
  readonly periodMs?: number;
  /** One sentence for the generated documentation. */
  readonly about?: string;
}

interface StaticFields extends SupervisorFields {
  readonly strategy: Strategy;
}

export type SupervisorOptions =
  | (StaticFields & { readonly autoShutdown?: 'never'; readonly children: readonly PlainChildSpec[] })
  | (StaticFields & {
      readonly autoShutdown: 'any_significant' | 'all_significant';
      readonly children: readonly ChildSpec[];
    });

/** What a static supervisor starts, in which order, and how it reacts. Data only: nothing runs yet. */
export interface SupervisorSpec {
  readonly kind: 'supervisor';
  readonly id: string;
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly ChildSpec[];
  readonly about: string | undefined;
}

export interface DynamicSupervisorOptions<Args> extends SupervisorFields {
  /** Makes the specification of one child; used at its start and, for its restarts, kept. */
  readonly child: (args: Args) => PlainChildSpec;
  /** Children at one time; `start_child` fails beyond it. @default 'infinity' */
  readonly maxChildren?: number | 'infinity';
  /** A specification that stands for the children in the drawn tree. */
  readonly template?: PlainChildSpec;
}

/** A supervisor whose children of one kind come and go; each is restarted by itself. Data only. */
export interface DynamicSupervisorSpec<in Args = never> {
  readonly kind: 'dynamic_supervisor';
  readonly id: string;
  readonly strategy: 'one_for_one';
  readonly intensity: number;
  readonly periodMs: number;
  readonly maxChildren: number;
  readonly child: (args: Args) => PlainChildSpec;
  readonly template: PlainChildSpec | undefined;
  readonly about: string | undefined;
}

export type AnySupervisorSpec = SupervisorSpec | DynamicSupervisorSpec;

/**
 * Describes a static supervisor.
 *
 * @throws OtpError `supervisor_spec_invalid` (`details.reason`: a `SpecError`)
 */
export function supervisorSpec(options: SupervisorOptions): SupervisorSpec {
  const spec: SupervisorSpec = {
    kind: 'supervisor',
    id: options.id,
    strategy: options.strategy,
    intensity: options.intensity ?? 3,
    periodMs: options.periodMs ?? 5_000,
    autoShutdown: options.autoShutdown ?? 'never',
    children: options.children,
    about: options.about,
  };
  refuse(spec.id, checkSupervisorSpec(spec));
  return spec;
}

/**
 * Describes a dynamic supervisor; a `simple_one_for_one` in Erlang's words.
 *
 * @throws OtpError `supervisor_spec_invalid`
 */
export function dynamicSupervisorSpec<Args>(
  options: DynamicSupervisorOptions<Args>,
): DynamicSupervisorSpec<Args> {
  const spec: DynamicSupervisorSpec<Args> = {
    kind: 'dynamic_supervisor',
    id: options.id,
    strategy: 'one_for_one',
    intensity: options.intensity ?? 3,
    periodMs: options.periodMs ?? 5_000,
    maxChildren:
      options.maxChildren === undefined || options.maxChildren === 'infinity'
        ? Infinity
        : options.maxChildren,
    child: options.child,
    template: options.template,
    about: options.about,
  };
  refuse(spec.id, checkSupervisorFlags({ ...spec, autoShutdown: 'never' }));
  return spec;
}

/** What is wrong with a static supervisor's specification, its children included. */
export function checkSupervisorSpec(spec: SupervisorSpec): SpecError | undefined {
  const error = checkSupervisorFlags(spec);
  if (error !== undefined) return error;
  const ids = new Set<string>();
  for (const child of spec.children) {
    const childError = checkChildSpec(child, spec.autoShutdown);
    if (childError !== undefined) return childError;
    if (ids.has(child.id)) return { code: 'duplicate_child_name', value: child.id };
    ids.add(child.id);
  }
  return undefined;
}

function refuse(id: string, error: SpecError | undefined): void {
  if (error === undefined) return;
  throw new OtpError('supervisor_spec_invalid', `supervisor ${id}: ${error.code} (${String(error.value)})`, {
    details: { reason: error },
  });
}
