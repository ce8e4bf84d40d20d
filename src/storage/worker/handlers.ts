import { type CommandName, commandTable } from '../commands/command-table.ts';
import type { CommandRun } from './command-run.ts';
import { decr, decrBy, incr, incrBy } from './counter-commands.ts';
import { expire, persist, pexpire, pttl, ttl } from './expiry-commands.ts';
import { dbSize, del, exists, flushAll, scan, type } from './keyspace-commands.ts';
import { set } from './set-command.ts';
import { append, get, getDel, mget, mset, strlen } from './string-commands.ts';

/** Runs a command whose number of arguments was looked at: writes exactly one reply. */
export type CommandHandler = (run: CommandRun) => void;

const byName: Readonly<Record<CommandName, CommandHandler>> = {
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
};

/** The handlers of the command table, by opcode. */
export const commandHandlers: readonly CommandHandler[] = commandTable.map(spec => byName[spec.name]);
