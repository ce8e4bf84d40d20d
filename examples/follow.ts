// Prints blocks and logs of a Trunkline on this machine, and goes on where it was stopped: node examples/follow.ts
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { follow } from '../clients/typescript/src/follow.ts';

const file = 'follow.cursor';
const feed = follow({
  url: process.argv[2] ?? 'ws://127.0.0.1:4000/feed',
  topics: ['devnet.heads', 'devnet.logs.>'],
  cursor: existsSync(file) ? readFileSync(file, 'utf8') : undefined,
  onState: state => console.error(state),
});

for await (const event of feed) {
  if (event.type === 'gap') console.error(`missed for good: ${event.data.message}`);
  else console.log(event.topic, event.data);
  // Behind the handling: what is written down was handled, and nothing comes a second time.
  writeFileSync(file, event.cursor);
}
