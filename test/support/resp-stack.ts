import { systemClock } from '../../src/clock/system-clock.ts';
import { RespListener } from '../../src/resp/resp-listener.ts';
import type { RespOptions } from '../../src/resp/resp-options.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { respOptions } from './resp-server.ts';
import { RunningStorage, type RuntimeSetUp } from './storage-runtime.ts';

/** The RESP port over the real storage runtime. */
export class RespStack {
  readonly storage: RunningStorage;
  readonly listener: RespListener;

  private constructor(storage: RunningStorage, options: Partial<RespOptions>) {
    this.storage = storage;
    this.listener = new RespListener(
      { ...respOptions, maxArguments: 65_536, ...options },
      {
        storage: storage.client,
        figures: () => {
          const store = storage.runtime.snapshot().threads[0]?.report?.stores[0];
          return {
            isReady: storage.client.recovery.state === 'running',
            keys: store?.keys ?? 0,
            keysWithExpiry: store?.keysWithExpiry ?? 0,
            usedBytes: store?.usedBytes ?? 0,
            maxBytes: store?.maxBytes ?? 0,
          };
        },
        clock: systemClock,
        log: silentLog,
        metrics: storage.metrics,
      },
    );
  }

  static async start(options: Partial<RespOptions> = {}, runtime: RuntimeSetUp = {}): Promise<RespStack> {
    const storage = new RunningStorage(runtime);
    await storage.start();
    const stack = new RespStack(storage, options);
    await stack.listener.listen();
    return stack;
  }

  get port(): number {
    return this.listener.port;
  }

  async stop(): Promise<void> {
    this.listener.close();
    await this.storage.stop();
    await this.storage.remove();
  }
}
