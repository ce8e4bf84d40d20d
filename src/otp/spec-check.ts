/** What is wrong with a specification that got past the compiler: built from data, or cast. */
export interface SpecError {
  readonly code:
    | 'invalid_child_spec'
    | 'missing_id'
    | 'missing_start'
    | 'invalid_start'
    | 'invalid_restart_type'
    | 'invalid_shutdown'
    | 'invalid_child_type'
    | 'invalid_significant'
    | 'bad_combination'
    | 'duplicate_child_name'
    | 'invalid_strategy'
    | 'invalid_intensity'
    | 'invalid_period'
    | 'invalid_auto_shutdown';
  readonly value: unknown;
}

/** What is wrong with one child specification under a supervisor with this `autoShutdown`. */
export function checkChildSpec(candidate: unknown, autoShutdown: string): SpecError | undefined {
  if (typeof candidate !== 'object' || candidate === null)
    return { code: 'invalid_child_spec', value: candidate };
  const spec = candidate as Record<string, unknown>;
  if (typeof spec.id !== 'string') return { code: 'missing_id', value: spec.id };
  if (spec.start === undefined) return { code: 'missing_start', value: spec.id };
  if (typeof spec.start !== 'function') return { code: 'invalid_start', value: spec.start };
  if (
    spec.restart !== undefined &&
    !['permanent', 'transient', 'temporary'].includes(spec.restart as string)
  ) {
    return { code: 'invalid_restart_type', value: spec.restart };
  }
  if (spec.shutdown !== undefined && !isShutdown(spec.shutdown)) {
    return { code: 'invalid_shutdown', value: spec.shutdown };
  }
  if (spec.type !== undefined && spec.type !== 'worker' && spec.type !== 'supervisor') {
    return { code: 'invalid_child_type', value: spec.type };
  }
  if (spec.significant !== undefined && typeof spec.significant !== 'boolean') {
    return { code: 'invalid_significant', value: spec.significant };
  }
  if (spec.significant === true) {
    const isPermanent = spec.restart === undefined || spec.restart === 'permanent';
    if (isPermanent) return { code: 'bad_combination', value: 'significant and permanent' };
    if (autoShutdown === 'never')
      return { code: 'bad_combination', value: 'significant and autoShutdown never' };
  }
  return undefined;
}

/** What is wrong with the flags of a supervisor. */
export function checkSupervisorFlags(flags: {
  readonly strategy: unknown;
  readonly intensity: unknown;
  readonly periodMs: unknown;
  readonly autoShutdown: unknown;
}): SpecError | undefined {
  const { strategy, intensity, periodMs, autoShutdown } = flags;
  if (!['one_for_one', 'one_for_all', 'rest_for_one'].includes(strategy as string)) {
    return { code: 'invalid_strategy', value: strategy };
  }
  if (!Number.isInteger(intensity) || (intensity as number) < 0)
    return { code: 'invalid_intensity', value: intensity };
  if (!Number.isFinite(periodMs) || (periodMs as number) <= 0)
    return { code: 'invalid_period', value: periodMs };
  if (!['never', 'any_significant', 'all_significant'].includes(autoShutdown as string)) {
    return { code: 'invalid_auto_shutdown', value: autoShutdown };
  }
  return undefined;
}

function isShutdown(value: unknown): boolean {
  return (
    value === 'brutal_kill' || value === 'infinity' || (Number.isFinite(value) && (value as number) >= 0)
  );
}
