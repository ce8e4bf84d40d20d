import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderTree, type ShownNode } from '../../../src/cli/render-tree.ts';
import { paintFor } from '../../../src/cli/terminal.ts';

const plain = paintFor({});

function node(id: string, changes: Partial<ShownNode> = {}): ShownNode {
  return {
    id,
    pid: { id: 1 },
    type: 'worker',
    status: 'running',
    strategy: undefined,
    restarts: 0,
    mailboxLength: 0,
    state: undefined,
    children: [],
    ...changes,
  };
}

const supervisor = (id: string, children: readonly ShownNode[]): ShownNode =>
  node(id, { type: 'supervisor', strategy: 'one_for_one', children });

describe('renderTree', () => {
  it('draws a line a process below its supervisor, the states in one column', () => {
    const text = renderTree(
      supervisor('root', [supervisor('a', [node('b'), node('longer-name')]), node('c')]),
      plain,
    );
    assert.equal(
      text,
      [
        'root one_for_one   running',
        '├─ a one_for_one   running',
        '│  ├─ b            running',
        '│  └─ longer-name  running',
        '└─ c               running',
      ].join('\n'),
    );
  });

  it('shows restarts, waiting messages and the state, of workers only', () => {
    const text = renderTree(
      node('breaker', {
        restarts: 2,
        mailboxLength: 5,
        state: { state: 'open', failures: 3, nested: { a: 1 } },
      }),
      plain,
    );
    assert.equal(text, 'breaker  running  2 restarts  5 waiting  state=open failures=3 nested={"a":1}');
    assert.equal(renderTree(node('x', { restarts: 1 }), plain), 'x  running  1 restart');
    assert.equal(renderTree(node('x', { state: 'connecting' }), plain), 'x  running  connecting');
  });

  it('says that a process is stopped, restarting or suspended', () => {
    assert.equal(
      renderTree(node('config', { status: 'undefined', pid: undefined }), plain),
      'config  stopped',
    );
    assert.equal(renderTree(node('config', { status: 'restarting' }), plain), 'config  restarting');
    assert.equal(renderTree(node('config', { status: 'suspended' }), plain), 'config  suspended');
  });

  it('cuts a long state', () => {
    const line = renderTree(node('x', { state: 'y'.repeat(200) }), plain);
    assert.ok(line.length < 100);
    assert.match(line, /y…$/);
  });

  it('colours on a terminal only, without moving the columns', () => {
    const tree = supervisor('root', [node('a', { status: 'restarting' })]);
    const coloured = renderTree(tree, paintFor({ isTTY: true }));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
    const codes = /\u001b\[\d+m/g;
    assert.match(coloured, codes);
    assert.equal(coloured.replaceAll(codes, ''), renderTree(tree, plain));
  });
});
