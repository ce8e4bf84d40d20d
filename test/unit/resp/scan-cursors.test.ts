import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ScanCursors } from '../../../src/resp/scan-cursors.ts';
import { numberedScanReply, scanPosition } from '../../../src/resp/scan-reply.ts';

describe('ScanCursors', () => {
  it('stands 0 for the start and for the end', () => {
    const cursors = new ScanCursors();
    assert.equal(cursors.add(Buffer.alloc(0)), 0);
    assert.equal(cursors.position(0)?.length, 0);
  });

  it('gives a position back as often as it is asked', () => {
    const cursors = new ScanCursors();
    const position = Buffer.from('\x01key');
    const cursor = cursors.add(position);
    position.fill(0);
    assert.equal(String(cursors.position(cursor)), '\x01key');
    assert.equal(String(cursors.position(cursor)), '\x01key');
    assert.equal(cursors.position(cursor + 1), undefined);
  });

  it('forgets the oldest of too many, by number and by bytes', () => {
    let forgotten = 0;
    const cursors = new ScanCursors({ maxCursors: 3, maxBytes: 100 }, () => forgotten++);
    const ids = ['a', 'b', 'c', 'd'].map(key => cursors.add(Buffer.from(key)));
    assert.deepEqual(
      ids.map(id => cursors.position(id)?.toString()),
      [undefined, 'b', 'c', 'd'],
    );
    const large = cursors.add(Buffer.alloc(99));
    assert.equal(cursors.position(ids[2]!), undefined);
    assert.equal(String(cursors.position(ids[3]!)), 'd');
    assert.equal(cursors.position(large)?.length, 99);
    assert.equal(forgotten, 3);
  });
});

describe('numberedScanReply', () => {
  it('puts a number in place of the position, and leaves errors alone', () => {
    const cursors = new ScanCursors();
    const reply = Buffer.from('*2\r\n$3\r\n\x01ab\r\n*1\r\n$1\r\nx\r\n');
    assert.equal(String(numberedScanReply(reply, cursors)), '*2\r\n$1\r\n1\r\n*1\r\n$1\r\nx\r\n');
    assert.equal(String(scanPosition('1', cursors)), '\x01ab');
    const end = Buffer.from('*2\r\n$0\r\n\r\n*0\r\n');
    assert.equal(String(numberedScanReply(end, cursors)), '*2\r\n$1\r\n0\r\n*0\r\n');
    const error = Buffer.from('-ERR syntax error\r\n');
    assert.equal(numberedScanReply(error, cursors), error);
  });

  it('takes no cursor but a known number', () => {
    const cursors = new ScanCursors();
    for (const bad of ['1', '-1', '+0', ' 0', 'a', '0x0', '99999999999999999999']) {
      assert.equal(scanPosition(bad, cursors), undefined, bad);
    }
    assert.equal(scanPosition('0', cursors)?.length, 0);
  });
});
