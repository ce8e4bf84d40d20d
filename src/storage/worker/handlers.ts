import { type StoreCommandName, storeCommandTable } from '../commands/internal-commands.ts';
import type { CommandRun } from './command-run.ts';
import { decr, decrBy, incr, incrBy } from './counter-commands.ts';
import { expire, persist, pexpire, pttl, ttl } from './expiry-commands.ts';
import { dbSize, del, exists, flushAll, scan, type } from './keyspace-commands.ts';
import { delRange, expect, range } from './range-commands.ts';
import { set } from './set-command.ts';
import { append, get, getDel, mget, mset, strlen } from './string-commands.ts';

/** Runs a command whose number of arguments was looked at: writes exactly one reply. */
export type CommandHandler = (run: CommandRun) => void;

const byName: Readonly<Record<StoreCommandName, CommandHandler>> = {
  get,
  set,
  del,
  exists,
  expire,
  pexpire,
  ttl,
  pttl,
  persist,
  incr,
  incrby: incrBy,
  decr,
  decrby: decrBy,
  mset,
  mget,
  getdel: getDel,
  append,
  strlen,
  scan,
  dbsize: dbSize,
  flushall: flushAll,
  type,
  range,
  delrange: delRange,
  expect,
};

/** The handlers of all commands, by opcode. */
export const commandHandlers: readonly CommandHandler[] = storeCommandTable.map(
  spec => byName[spec.name as StoreCommandName],
);
