import Table from 'cli-table3';

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table of text for a terminal: a line a row, columns aligned, no frame. Cells may hold colour codes. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const output = new Table({
    head: [...head],
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows) output.push([...row]);
  return output
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}
