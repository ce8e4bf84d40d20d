import { storedState } from '../../../src/pipelines/state/state-store.ts';
import { say } from '../../support/killed-child.ts';
import { RunningStorage } from '../../support/storage-runtime.ts';
import { type Ports, startService } from './session-setup.ts';

/** A session builder in a process that is killed: on a storage in `directory`; says its figures ten times a second. */
const [directory, ports] = JSON.parse(process.argv[2] ?? '') as [string, Ports];
const storage = new RunningStorage({ directory });
await storage.start();
const state = storedState(storage.client.store('kv'), 'p/');
const { builder } = await startService({ after: () => {} }, ports, { state, directory });
setInterval(() => say(JSON.stringify(builder.stats())), 100);
