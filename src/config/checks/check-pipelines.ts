import type { ConfigPath, Finding } from '../diagnostic.ts';
import type { ChainConfig } from '../sections/chain.ts';
import type { HandlerConfig } from '../sections/pipelines/handler.ts';
import type { PipelineConfig } from '../sections/pipelines/pipeline.ts';
import type { Check } from './check.ts';
import { checkSourceChain } from './check-source-chain.ts';

/** Each pipeline reads a chain that can feed it, and has what its parser and its handlers need. */
export const checkPipelines: Check = ({ config }) => {
  const findings: Finding[] = [];
  for (const [name, pipeline] of Object.entries(config.pipelines)) {
    const path = ['pipelines', name];
    findings.push(
      ...checkSourceChain(config.chains, pipeline, path),
      ...checkKind(pipeline, config.chains[pipeline.chain], path),
      ...checkParser(pipeline, path),
      ...pipeline.handlers.flatMap((handler, index) =>
        checkHandler(handler, pipeline, [...path, 'handlers', index]),
      ),
    );
    const needsStorage = pipeline.buffer.overflow_policy === 'spill';
    if (needsStorage && config.storage === undefined)
      findings.push(withoutStorage([...path, 'buffer', 'overflow_policy'], '`overflow_policy: spill`'));
    for (const [index, { type }] of pipeline.handlers.entries()) {
      if (type === 'storage' && config.storage === undefined)
        findings.push(withoutStorage([...path, 'handlers', index, 'type'], 'a handler of `type: storage`'));
    }
  }
  return findings;
};

function withoutStorage(path: ConfigPath, what: string): Finding {
  return {
    code: 'config_missing_key',
    message: `${what} needs the section \`storage\``,
    hint: 'add `storage: { directory: data }`',
    path,
    involves: [['storage']],
  };
}

const ofTransactions = ['programs', 'required', 'excluded'] as const;
const ofAccounts = ['owners', 'memcmp'] as const;

function checkKind(pipeline: PipelineConfig, chain: ChainConfig | undefined, path: ConfigPath): Finding[] {
  const { kind, filter, source } = pipeline;
  const findings: Finding[] = [];
  const reads =
    kind === 'transaction' || kind === 'instruction'
      ? 'transactions'
      : kind === 'account'
        ? 'accounts'
        : kind;
  const foreign =
    reads === 'transactions'
      ? ofAccounts
      : reads === 'accounts'
        ? ofTransactions
        : [...ofTransactions, ...ofAccounts];
  for (const key of foreign) {
    if (filter[key].length === 0) continue;
    findings.push({
      code: 'config_conflict',
      message: `\`filter.${key}\` is no condition for \`kind: ${kind}\``,
      hint:
        reads === 'accounts'
          ? 'accounts are chosen by `accounts`, `owners`, `memcmp` and `data_size`'
          : 'leave it out',
      path: [...path, 'filter', key],
      involves: [[...path, 'kind']],
    });
  }
  if (source === 'logs' && reads !== 'transactions') {
    findings.push({
      code: 'config_conflict',
      message: `\`source: logs\` brings transactions only, not \`kind: ${kind}\``,
      hint: 'use `source: geyser`',
      path: [...path, 'kind'],
      involves: [[...path, 'source']],
    });
  }
  const chosen = [...filter.programs, ...filter.accounts, ...filter.required];
  if (source === 'logs' && chosen.length === 0) {
    findings.push({
      code: 'config_missing_key',
      message: '`source: logs` needs a program or an account to subscribe to',
      hint: 'name them under `filter.programs` or `filter.accounts`',
      path,
      at: 'key',
      involves: [[...path, 'filter']],
    });
  }
  const isWhole = chosen.length === 0 && filter.owners.length === 0 && chain?.devnet === undefined;
  if (source === 'geyser' && isWhole && (reads === 'transactions' || reads === 'accounts')) {
    findings.push({
      severity: 'warning',
      code: 'config_suspicious',
      message: `the pipeline takes all ${reads} of the chain, more than a gigabit a second on a main net`,
      hint: 'name programs or accounts under `filter`',
      path,
      at: 'key',
      involves: [[...path, 'filter']],
    });
  }
  return findings;
}

function checkParser({ parser, kind }: PipelineConfig, path: ConfigPath): Finding[] {
  const findings: Finding[] = [];
  const needs = { anchor: 'idl', module: 'path' } as const;
  for (const [type, key] of Object.entries(needs) as ['anchor' | 'module', 'idl' | 'path'][]) {
    if (parser.type === type && parser[key] === undefined) {
      findings.push({
        code: 'config_missing_key',
        message: `a parser of \`type: ${type}\` needs \`${key}\``,
        hint:
          type === 'anchor'
            ? 'the file that `anchor build` writes to target/idl'
            : 'the path of an ES module',
        path: [...path, 'parser'],
        involves: [[...path, 'parser', key]],
      });
    } else if (parser.type !== type && parser[key] !== undefined) {
      findings.push({
        code: 'config_conflict',
        message: `\`${key}\` belongs to a parser of \`type: ${type}\``,
        path: [...path, 'parser', key],
        at: 'key',
        involves: [[...path, 'parser', 'type']],
      });
    }
  }
  if (parser.type === 'session_events' && parser.program === undefined) {
    findings.push({
      code: 'config_missing_key',
      message: 'a parser of `type: session_events` needs `program`: any program can log such events',
      hint: 'name the one whose events count',
      path: [...path, 'parser'],
      involves: [[...path, 'parser', 'program']],
    });
  }
  const isWholeOnly = kind === 'slot' || kind === 'block_meta' || kind === 'block';
  if (isWholeOnly && parser.type !== 'raw' && parser.type !== 'module') {
    findings.push({
      code: 'config_conflict',
      message: `\`parser.type: ${parser.type}\` makes nothing of \`kind: ${kind}\``,
      hint: 'it reads instructions and transactions; slots and blocks are read by `raw` or a `module`',
      path: [...path, 'parser', 'type'],
      involves: [[...path, 'kind']],
    });
  }
  return findings;
}

function checkHandler(handler: HandlerConfig, { mode }: PipelineConfig, path: ConfigPath): Finding[] {
  const findings: Finding[] = [];
  const needs = { webhook: 'url', module: 'path' } as const;
  for (const [type, key] of Object.entries(needs) as ['webhook' | 'module', 'url' | 'path'][]) {
    if (handler.type === type && handler[key] === undefined) {
      findings.push({
        code: 'config_missing_key',
        message: `a handler of \`type: ${type}\` needs \`${key}\``,
        path,
        involves: [[...path, key]],
      });
    } else if (handler.type !== type && handler[key] !== undefined) {
      findings.push({
        code: 'config_conflict',
        message: `\`${key}\` belongs to a handler of \`type: ${type}\``,
        path: [...path, key],
        at: 'key',
        involves: [[...path, 'type']],
      });
    }
  }
  const { above, below } = handler.when ?? {};
  if (above !== undefined && below !== undefined && above >= below) {
    findings.push({
      code: 'config_conflict',
      message: `nothing is above ${above} and below ${below}`,
      path: [...path, 'when', 'above'],
      involves: [[...path, 'when', 'below']],
    });
  }
  if (handler.when !== undefined && mode !== 'conditional') {
    findings.push({
      code: 'config_conflict',
      message: `\`when\` has no meaning with \`mode: ${mode}\``,
      hint: 'write `mode: conditional`',
      path: [...path, 'when'],
      at: 'key',
      involves: [[...path.slice(0, 2), 'mode']],
    });
  }
  return findings;
}
