import type { Socket } from 'node:net';
import { CommandParser } from '../protocol/resp/command-parser.ts';
import type { StorageSession } from '../storage/client/storage-request.ts';
import { commandTable, opcode } from '../storage/commands/command-table.ts';
import { opcodeOf } from '../storage/commands/opcode-of.ts';
import type { Log } from '../telemetry/log.ts';
import { CommandRun, type RunOwner } from './command-run.ts';
import { runCommand } from './commands/run-command.ts';
import type { RespClient, RespServices, SessionCall } from './commands/session-call.ts';
import { discarded } from './discarded-replies.ts';
import { endSocket } from './end-socket.ts';
import type { InFlightGate } from './in-flight-gate.ts';
import { InFlightShare } from './in-flight-share.ts';
import { ReplyQueue } from './reply-queue.ts';
import type { RunBuilder } from './run-builder.ts';
import type { ScanCursors } from './scan-cursors.ts';
import { numberedScanReply, scanPosition } from './scan-reply.ts';
import type { Session } from './session.ts';
import type { StorageSink } from './storage-sink.ts';
import type { TopicMessage } from './topics.ts';
import { Words } from './words.ts';

/** What a connection shares with the others. */
export interface ConnectionHost {
  readonly services: RespServices;
  readonly storage: StorageSink;
  readonly builder: RunBuilder;
  readonly gate: InFlightGate;
  readonly cursors: ScanCursors;
  readonly log: Log;
  /** Bytes that all connections hold of commands that came in parts. */
  heldBytes: number;
  /** Bytes that wait for all clients together. */
  outputBytes: number;
  /** Ends those that most bytes wait for, until as many wait as may. */
  relieve(): void;
  /** Calls `tick` of the connection once, before the event loop goes on. */
  schedule(connection: RespConnection): void;
  /** The connection is gone. */
  closed(connection: RespConnection): void;
}

const defaultMaxQueryBytes = 256 * 2 ** 20;
/** Holding less, a connection is not to blame when all of them hold too much. */
const blamelessBytes = 2 ** 20;
/** Commands that take longer are continued when others had their turn. */
const turnMs = 10;

const scan = opcode('scan');
const names: readonly string[] = commandTable.map(({ name }) => name);

/** One Redis client: bytes to commands, commands to the storage or the session's handlers, replies back in order. */
export class RespConnection implements RespClient, RunOwner {
  readonly session: Session;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #parser: CommandParser;
  readonly #queue = new ReplyQueue();
  readonly #storageSession: StorageSession = { inFlight: 0, lane: undefined };
  readonly #call: SessionCall;
  readonly #share: InFlightShare;
  #heldBytes = 0;
  /** What `host.outputBytes` holds of this connection. */
  #countedOutput = 0;
  /** Whether storage commands need no look at the session. */
  #isPlain: boolean;
  /** Whether the commands in the builder are not to be answered. */
  #isRunSilent = false;
  #isPaused = false;
  #isClosing = false;
  #isClosed = false;
  #isScheduled = false;
  /** When other connections have their turn, in monotonic milliseconds. */
  #turnEndsAt = 0;

  constructor(socket: Socket, session: Session, host: ConnectionHost) {
    this.session = session;
    this.#socket = socket;
    this.#host = host;
    this.#share = new InFlightShare(host.gate, () => this.#schedule());
    const { options } = host.services;
    const { maxBulkBytes, maxArguments, maxInlineBytes } = options;
    const maxCommandBytes = Math.max(4 * maxBulkBytes, 2 ** 20);
    this.#parser = new CommandParser({ maxBulkBytes, maxArguments, maxInlineBytes, maxCommandBytes });
    this.#parser.isTrusted = this.#isPlain = session.isAuthenticated;
    const words = new Words(this.#parser);
    const writer = this.#queue.writer(session.protocol);
    const { services } = host;
    this.#call = { words, client: this, session, services, reply: writer, push: writer };
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.countOutput());
    socket.on('end', () => this.closeAfterReplies());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
  }

  get outputBytes(): number {
    return this.#queue.byteLength + this.#socket.writableLength;
  }

  get queryBytes(): number {
    return this.#parser.pendingBytes;
  }

  /** Commands that the storage has not answered. */
  get inFlight(): number {
    return this.#share.commands;
  }

  deliver(message: TopicMessage, pattern: Uint8Array | undefined): void {
    if (this.#isClosed) return;
    const writer = this.#queue.writer(this.session.protocol);
    writer.push(pattern === undefined ? 3 : 4);
    writer.text(pattern === undefined ? 'message' : 'pmessage');
    if (pattern !== undefined) writer.bulk(pattern);
    writer.bulk(message.channel);
    writer.bulk(message.payload);
    this.#host.services.meter.delivered.add();
    this.#hasOutput();
  }

  /** Tells the others how much waits for this client. */
  countOutput(): void {
    const bytes = this.#isClosed ? 0 : this.outputBytes;
    this.#host.outputBytes += bytes - this.#countedOutput;
    this.#countedOutput = bytes;
  }

  /** Closes the connection of a client that does not read. */
  cutOutput(): void {
    this.#cut('output_limit');
  }

  /** Takes no further commands, and closes once those before are answered. */
  closeAfterReplies(): void {
    this.#isClosing = true;
    this.#schedule();
  }

  kill(): void {
    this.#socket.destroy();
    this.#onClose();
  }

  /** Closes the connection of a client that has not authenticated itself since `limit`, in monotonic milliseconds. */
  closeIfStranger(limit: number): void {
    if (!this.session.isAuthenticated && this.session.openedAt < limit) this.#cut('unauthenticated');
  }

  /** Closes the connection when it was silent since `limit`, in monotonic milliseconds. */
  closeIfIdle(limit: number): void {
    if (this.session.lastUsedAt >= limit || this.#share.commands > 0) return;
    if (this.#host.services.topics.count(this) === 0) this.#cut('idle');
  }

  settled(run: CommandRun, replies: Buffer, isFailure: boolean): void {
    this.#share.leave(run, replies.length);
    if (isFailure) this.#host.services.meter.refused('storage', run.count);
    if (this.#isClosed) return;
    this.#queue.fill(run, run.isSilent ? nothing : replies);
    this.#hasOutput();
  }

  /** Sends what is ready; goes on with commands that waited for room. */
  tick(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    if (this.#isPaused && this.#share.isLow) {
      if (!this.#mustWait()) {
        this.#isPaused = false;
        this.#work();
        if (!this.#isPaused) this.#socket.resume();
        this.#account(this.#parser.heldBytes);
      } else this.#share.waitForOthers(true);
    }
    this.#send();
  }

  #onData(chunk: Buffer): void {
    const { services } = this.#host;
    services.meter.received.add(chunk.length);
    this.session.lastUsedAt = services.clock.now();
    if (this.#isClosing) return;
    this.#parser.feed(chunk);
    this.#work();
    this.#send();
    this.#account(this.#parser.heldBytes);
  }

  /** Tells the others how much this connection holds of a command that is not complete. */
  #account(heldBytes: number): void {
    const host = this.#host;
    host.heldBytes += heldBytes - this.#heldBytes;
    this.#heldBytes = heldBytes;
    const { maxQueryBytes = defaultMaxQueryBytes } = host.services.options;
    if (host.heldBytes > maxQueryBytes && heldBytes > blamelessBytes) this.#cut('query_limit');
  }

  /** Runs the commands that are there, as far as there is room. */
  #work(): void {
    const { clock } = this.#host.services;
    this.#turnEndsAt = clock.now() + turnMs;
    try {
      while (!this.#isClosing && !this.#isClosed) {
        if (this.#mustWait()) {
          this.#submit();
          if (this.#mustWait()) {
            this.#pause();
            return;
          }
        }
        if (!this.#parser.next()) break;
        if (this.#command() && clock.now() >= this.#turnEndsAt) {
          this.#submit();
          this.#yield();
          return;
        }
      }
      this.#submit();
      if (this.#parser.error !== undefined && !this.#isClosing) this.#refuse(this.#parser.error);
    } catch (error) {
      this.#host.log.error('a command of a Redis client failed', { error });
      // What it left in the builder must not go out under another connection's name.
      if (this.#host.builder.count > 0) this.#host.builder.take();
      this.kill();
    }
  }

  /** Runs the command that the parser stands at. @returns whether it was run here, which takes time */
  #command(): boolean {
    const parser = this.#parser;
    const { builder, services } = this.#host;
    const code = opcodeOf(parser.source, parser.starts[0]!, parser.ends[0]!);
    if (code >= 0 && code !== scan && this.#isPlain && builder.add(code, parser)) {
      services.meter.storageCommand(code);
      this.session.lastCommand = names[code]!;
      if (builder.isFull) this.#submit();
      return false;
    }
    this.#sessionCommand(code);
    if (this.#isOverLimit()) this.#cut('output_limit');
    return true;
  }

  /** Everything but a plain storage command. */
  #sessionCommand(code: number): void {
    const { session } = this;
    const { builder, services } = this.#host;
    if (code === -1 && this.#isHttp()) {
      this.#host.log.warn('HTTP was sent to the RESP port; the connection was closed', {});
      this.#cut('http');
      return;
    }
    const isSilent = session.replyMode === 'off' || session.replyMode === 'skip';
    // Unanswered commands go together; before anything else, the run under way takes its place among the replies.
    const continuesRun = isSilent && this.#isRunSilent && code !== -1 && code !== scan;
    if (!continuesRun) this.#submit();
    const call = this.#call;
    call.push = this.#queue.writer(session.protocol);
    call.reply = isSilent ? discarded(session.protocol) : call.push;
    if (runCommand(call, code)) {
      this.#isRunSilent = isSilent;
      if (code === scan) this.#scan();
      else builder.add(code, this.#parser);
      if (!isSilent || builder.isFull || session.replyMode === 'skip') this.#submit();
    }
    if (session.replyMode === 'skip') session.replyMode = 'on';
    else if (session.replyMode === 'skipNext') session.replyMode = 'skip';
    const isBound = session.protocol === 2 && services.topics.count(this) > 0;
    this.#isPlain = session.isAuthenticated && session.replyMode === 'on' && !isBound;
    this.#parser.isTrusted = session.isAuthenticated;
  }

  /** SCAN goes alone: its reply is rewritten. */
  #scan(): void {
    const { cursors, builder } = this.#host;
    const position = scanPosition(this.#call.words.text(1), cursors);
    if (position === undefined) {
      this.#call.reply.error('ERR invalid cursor');
      return;
    }
    builder.addWithFirst(scan, this.#parser, position);
    this.#submit(reply => numberedScanReply(reply, cursors));
  }

  /** Sends the commands in the builder to the storage. */
  #submit(translate?: (reply: Buffer) => Buffer): void {
    const { builder, storage, services } = this.#host;
    if (builder.count === 0) return;
    const { protocol } = this.session;
    const fields = {
      ...builder.take(),
      store: services.options.store,
      protocol,
      session: this.#storageSession,
    };
    const run = new CommandRun(fields, this, this.#isRunSilent, translate);
    this.#isRunSilent = false;
    this.#share.enter(run);
    this.#queue.keep(run);
    storage.submit(run);
  }

  #mustWait(): boolean {
    return this.#share.mustWait(this.#host.builder.count, this.#host.builder.byteLength);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
    this.#host.services.meter.paused.add();
    this.#share.waitForOthers(false);
  }

  /** Goes on once the event loop has come round. */
  #yield(): void {
    this.#isPaused = true;
    this.#socket.pause();
    setImmediate(() => this.#schedule());
  }

  /** Whether the command is the beginning of an HTTP request: a browser was made to speak to this port. */
  #isHttp(): boolean {
    const name = this.#call.words.lower(0);
    return name === 'post' || name === 'host:';
  }

  #refuse(line: string): void {
    this.#host.services.meter.closed('protocol_error');
    this.#queue.writer(this.session.protocol).error(line);
    this.closeAfterReplies();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#host.schedule(this);
  }

  /** There is more to send, soon. */
  #hasOutput(): void {
    if (this.#isOverLimit()) {
      this.cutOutput();
      return;
    }
    this.#schedule();
    if (this.#host.outputBytes > this.#host.services.options.maxTotalOutputBytes) this.#host.relieve();
  }

  #isOverLimit(): boolean {
    this.countOutput();
    return this.#countedOutput > this.#host.services.options.maxOutputBytes;
  }

  #send(): void {
    if (this.#isClosed) return;
    if (this.#queue.isReady) {
      if (this.#isOverLimit()) {
        this.cutOutput();
        return;
      }
      const chunks = this.#queue.take();
      let bytes = 0;
      if (chunks.length > 1) this.#socket.cork();
      for (const chunk of chunks) {
        bytes += chunk.length;
        this.#socket.write(chunk);
      }
      if (chunks.length > 1) this.#socket.uncork();
      this.countOutput();
      this.#host.services.meter.sent.add(bytes);
    }
    if (this.#isClosing && !this.#queue.isWaiting && !this.#socket.writableEnded) {
      endSocket(this.#socket, this.#host.services.clock);
    }
  }

  #cut(reason: 'output_limit' | 'idle' | 'http' | 'unauthenticated' | 'query_limit'): void {
    this.#host.services.meter.closed(reason);
    if (reason === 'output_limit') this.#host.log.warn('a Redis client did not read its replies; closed', {});
    this.kill();
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#account(0);
    this.countOutput();
    this.#share.forget();
    this.#host.services.topics.forget(this);
    this.#host.closed(this);
  }
}

const nothing = Buffer.alloc(0);
