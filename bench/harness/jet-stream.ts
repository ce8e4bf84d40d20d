import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { FrameCutter, natsMeasure } from './frame-cutter.ts';
import { connectNats, publication, startNats } from './nats-server.ts';
import { stampedEvent } from './stamp.ts';

const stream = 'EVENTS';
const subject = 'events';
const inbox = 'inbox';
const batchEvents = 500;
const answerTimeoutMs = 10_000;

/** A stream of JetStream on disk, and as many readers of it as are wanted. */
export class JetStream {
  readonly child: BenchChild;
  readonly port: number;
  readonly #socket: Socket;
  #onAnswer: (answer: string) => void = () => {};

  private constructor(child: BenchChild, port: number) {
    this.child = child;
    this.port = port;
    const cutter = new FrameCutter(natsMeasure, (bytes, start, end) => {
      const message = bytes.toString('latin1', start, end);
      if (message.startsWith('MSG')) this.#onAnswer(message.slice(message.indexOf('\r\n') + 2, -2));
    });
    this.#socket = connectNats(port, chunk => cutter.push(chunk));
    this.#socket.write(`SUB ${inbox} 1\r\n`);
  }

  static async start(children: ChildProcesses): Promise<JetStream> {
    const { child, port } = await startNats(children, { jetStream: true });
    const jetStream = new JetStream(child, port);
    await jetStream.#ask(`STREAM.CREATE.${stream}`, { name: stream, subjects: [subject], storage: 'file' });
    return jetStream;
  }

  /** Publishes `events` events and resolves when the stream has them all. */
  async fill(events: number, bytes: number): Promise<void> {
    for (let sent = 0; sent < events; ) {
      const parts: Buffer[] = [];
      for (let count = 0; count < batchEvents && sent < events; count++)
        parts.push(...publication(subject, stampedEvent(bytes, ++sent)));
      if (!this.#socket.write(Buffer.concat(parts)))
        await new Promise(resolve => this.#socket.once('drain', resolve));
    }
    while ((await this.#ask(`STREAM.INFO.${stream}`, {})).state?.messages !== events) await delay(50);
  }

  /** Sends the whole stream to a subject, as fast as its subscriber reads. */
  async replay(to: string): Promise<void> {
    const config = {
      deliver_subject: to,
      deliver_policy: 'all',
      ack_policy: 'none',
      replay_policy: 'instant',
      flow_control: true,
      idle_heartbeat: 5_000_000_000,
    };
    await this.#ask(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
  }

  /** One request at a time. @throws Error when it is refused, or not answered in ten seconds */
  #ask(
    request: string,
    body: object,
  ): Promise<{ readonly state?: { readonly messages: number }; readonly error?: { description: string } }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`JetStream did not answer ${request}`)),
        answerTimeoutMs,
      );
      this.#onAnswer = text => {
        clearTimeout(timer);
        const answer = JSON.parse(text) as { error?: { description: string } };
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(`JetStream: ${answer.error.description}`));
      };
      this.#socket.write(
        Buffer.concat(publication(`$JS.API.${request}`, Buffer.from(JSON.stringify(body)), inbox)),
      );
    });
  }
}
