const reasons = new Set<() => boolean>();

/**
 * A process that exits waits for its threads, and lmdb cannot end a thread whose transaction is open: it waits for ever.
 * So a process that exits while `holds` says so ends by `SIGKILL` instead, which loses nothing that was committed.
 *
 * @returns how to take it back
 */
export function endAbruptlyWith(holds: () => boolean): () => void {
  if (reasons.size === 0) process.on('exit', onExit);
  reasons.add(holds);
  return () => {
    reasons.delete(holds);
    if (reasons.size === 0) process.off('exit', onExit);
  };
}

function onExit(): void {
  if ([...reasons].some(holds => holds())) process.kill(process.pid, 'SIGKILL');
}
