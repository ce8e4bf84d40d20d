/** What a snapshot process is asked for, as its arguments. */
export interface SnapshotRequest {
  /** The store's own directory. */
  readonly directory: string;
  /** Where to copy the database; absent: the snapshot is held until the channel is closed. */
  readonly target?: string;
}

/** What a snapshot process says. */
export type SnapshotAnswer =
  /** The pages of the present state, and of later ones, stay as they are from now on. */
  | { readonly type: 'held' }
  | { readonly type: 'copied' }
  | { readonly type: 'failed'; readonly message: string };
