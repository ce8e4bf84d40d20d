import { createHash } from 'node:crypto';
import { churn, contentOf, openStore, seededRandom } from './store-fixture.ts';

/**
 * A process of its own, because lmdb may take it down: opens the store of each directory that it is sent, and answers
 * with a digest of all that lmdb reads there, and of what is there after further transactions.
 */
process.on('message', async (directory: string) => {
  try {
    const before = digest(await contentOf(directory));
    const store = openStore(directory);
    churn(store, seededRandom(99), 10, 300);
    await store.close();
    process.send?.({ before, after: digest(await contentOf(directory)) });
  } catch (error) {
    process.send?.({ failure: String(error) });
  }
});

function digest(content: Map<string, string>): string {
  const hash = createHash('sha256');
  for (const [key, value] of content) hash.update(key).update('\0').update(value).update('\0');
  return hash.digest('hex');
}
