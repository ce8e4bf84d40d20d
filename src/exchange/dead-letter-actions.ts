import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { AdminAction } from '../gateway/admin-routes.ts';
import type { ReplayResult } from '../pipelines/runtime/replay-letters.ts';
import type { RunningPipeline } from '../pipelines/runtime/running-pipeline.ts';
import type { DeadLetter } from '../pipelines/state/dead-letter-store.ts';
import { asBody, type Body, flag, integer, invalid, text } from './admin-body.ts';
import { exchangeErrors } from './errors.ts';
import { findPipeline, notRunning, type PipelineActionSources } from './pipeline-actions.ts';

export interface DeadLetterActionSources extends Pick<PipelineActionSources, 'pipelines'> {
  readonly clock: Clock;
}

/** A page of dead letters, without their values. */
export interface DeadLetterPage {
  readonly letters: readonly Omit<DeadLetter, 'value'>[];
  /** How many there are in all. */
  readonly total: number;
  /** The `after` of the next page; null: this is the last one. */
  readonly next: number | null;
}

/** What one request replayed. */
export interface ReplayAnswer extends ReplayResult {
  /** The `after` with which to go on; null: there are no more. */
  readonly next: number | null;
}

const maxPage = 1_000;
/** For one request, so that it is answered in time: the one who asks goes on where it ended. */
const replayCount = 100;
const replayMs = 2_000;
const deleteCount = 1_000;
/** Characters of a value as JSON that are shown whole. */
const maxShown = 1_048_576;

/** What operators can do with the values that handlers gave up. */
export function deadLetterActions({ clock, ...sources }: DeadLetterActionSources): AdminAction[] {
  const replaying = new Set<string>();
  const openPipeline = (body: Body): RunningPipeline => {
    const pipeline = findPipeline(sources, text(body, 'pipeline'));
    // Before it is open it does not know its letters.
    if (!pipeline.isOpen) throw notRunning(pipeline);
    return pipeline;
  };
  return [
    {
      method: 'GET',
      path: 'pipelines/dead-letters',
      run: () => ({
        pipelines: [...sources.pipelines()]
          .flatMap(({ running }) => running)
          .filter(({ deadLetters }) => deadLetters.size > 0)
          .map(({ id, deadLetters }) => ({ pipeline: id, deadLetters: deadLetters.size })),
      }),
    },
    {
      method: 'POST',
      path: 'pipelines/dead-letters',
      run: async input => {
        const body = asBody(input);
        const { deadLetters } = openPipeline(body);
        if (body.id !== undefined) return { letter: shown(await deadLetters.get(idOf(body))) };
        const limit = integer(body, 'limit', { min: 1, max: maxPage, fallback: 100 });
        const ids = idsAfter(deadLetters.ids, body);
        const letters: Omit<DeadLetter, 'value'>[] = [];
        // One at a time: a value may be as large as an account.
        for (const id of ids.slice(0, limit)) {
          const [letter] = await deadLetters.list({ limit: 1, after: id - 1 });
          if (letter?.id === id) letters.push(withoutValue(letter));
        }
        const next = ids.length > limit ? ids[limit - 1]! : null;
        return { letters, total: deadLetters.size, next } satisfies DeadLetterPage;
      },
    },
    {
      method: 'POST',
      path: 'pipelines/dead-letters/replay',
      run: async (input): Promise<ReplayAnswer> => {
        const body = asBody(input);
        const pipeline = openPipeline(body);
        const { id: name, deadLetters } = pipeline;
        const ids = chosen(body) === 'all' ? idsAfter(deadLetters.ids, body) : [idOf(body)];
        if (replaying.has(name)) {
          const message = `dead letters of ${name} are being replayed already`;
          throw new TrunklineError(exchangeErrors, 'replay_running', message);
        }
        replaying.add(name);
        const end = clock.now() + replayMs;
        const failed: ReplayResult['failed'][number][] = [];
        let replayed = 0;
        let at = 0;
        try {
          while (at < Math.min(ids.length, replayCount) && (at === 0 || clock.now() < end)) {
            const result = await pipeline.replay([ids[at]!]);
            replayed += result.replayed;
            failed.push(...result.failed);
            at++;
          }
        } finally {
          replaying.delete(name);
        }
        return { replayed, failed, next: at < ids.length ? ids[at - 1]! : null };
      },
    },
    {
      method: 'POST',
      path: 'pipelines/dead-letters/delete',
      run: async input => {
        const body = asBody(input);
        const { deadLetters } = openPipeline(body);
        if (chosen(body) === 'one') {
          const id = idOf(body);
          await deadLetters.get(id);
          return { deleted: await deadLetters.delete([id]) };
        }
        const { ids } = deadLetters;
        let deleted = 0;
        for (let at = 0; at < ids.length; at += deleteCount)
          deleted += await deadLetters.delete(ids.slice(at, at + deleteCount));
        return { deleted };
      },
    },
  ];
}

function idOf(body: Body): number {
  return integer(body, 'id', { min: 1, max: Number.MAX_SAFE_INTEGER });
}

function chosen(body: Body): 'one' | 'all' {
  const isAll = flag(body, 'all');
  if (isAll === (body.id !== undefined))
    throw invalid('give either the "id" of a dead letter, or "all": true');
  return isAll ? 'all' : 'one';
}

function idsAfter(ids: readonly number[], body: Body): readonly number[] {
  const after = integer(body, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 });
  return ids.filter(id => id > after);
}

function withoutValue({ value: _, ...letter }: DeadLetter): Omit<DeadLetter, 'value'> {
  return letter;
}

function shown(letter: DeadLetter): DeadLetter {
  const value = JSON.stringify(letter.value) ?? '';
  if (value.length <= maxShown) return letter;
  return { ...letter, value: `${value.slice(0, maxShown)}… (${value.length} characters)` };
}
