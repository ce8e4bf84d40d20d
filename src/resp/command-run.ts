import type { StoragePriority, StorageRequest, StorageSession } from '../storage/client/storage-request.ts';
import type { StorageError } from '../storage/errors.ts';
import type { Load } from './in-flight-share.ts';
import type { ReplySlot } from './reply-queue.ts';
import { failureReplies } from './storage-answers.ts';

/** What a run is made of. */
export interface RunFields {
  readonly store: number;
  readonly commands: Buffer;
  readonly count: number;
  readonly access: 'read' | 'write';
  readonly isRepeatable: boolean;
  readonly protocol: 2 | 3;
  readonly session: StorageSession;
}

/** Takes the outcome of a run. */
export interface RunOwner {
  /** Called once; `isFailure`: the storage did not run it, the replies say why. */
  settled(run: CommandRun, replies: Buffer, isFailure: boolean): void;
}

/** Commands that came one behind the other on a connection: one request to the storage and one place among the replies. */
export class CommandRun implements StorageRequest, ReplySlot, Load {
  readonly store: number;
  readonly commands: Buffer;
  readonly count: number;
  readonly access: 'read' | 'write';
  readonly isRepeatable: boolean;
  readonly isAtomic = false;
  readonly protocol: 2 | 3;
  readonly priority: StoragePriority = 'normal';
  readonly session: StorageSession;
  /** Whether the client wants the replies. */
  readonly isSilent: boolean;
  reply: Buffer | undefined;
  weight = 0;
  readonly #owner: RunOwner;
  readonly #translate: ((reply: Buffer) => Buffer) | undefined;

  /** @param translate makes the reply for the client from the one of the storage */
  constructor(fields: RunFields, owner: RunOwner, isSilent: boolean, translate?: (reply: Buffer) => Buffer) {
    this.store = fields.store;
    this.commands = fields.commands;
    this.count = fields.count;
    this.access = fields.access;
    this.isRepeatable = fields.isRepeatable;
    this.protocol = fields.protocol;
    this.session = fields.session;
    this.isSilent = isSilent;
    this.#owner = owner;
    this.#translate = translate;
  }

  onReply(reply: Buffer): void {
    this.#owner.settled(this, this.#translate === undefined ? reply : this.#translate(reply), false);
  }

  onError(error: StorageError): void {
    this.#owner.settled(this, failureReplies(error, this), true);
  }
}
