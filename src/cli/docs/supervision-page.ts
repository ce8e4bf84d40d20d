import { systemClock } from '../../clock/system-clock.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { Exchange } from '../../exchange/exchange.ts';
import { type SpecNode, type SupervisorNode, specTree } from '../../otp/supervision-tree.ts';
import type { SupervisorSpec } from '../../otp/supervisor-spec.ts';
import { createLog } from '../../telemetry/create-log.ts';
import { silentMetrics } from '../../telemetry/metrics.ts';
import { Redactor } from '../../telemetry/redactor.ts';
import { packageVersion } from '../package-root.ts';

/** docs/supervision-tree.md: the tree as the specifications in `supervisors/` have it. */
export async function supervisionPage(): Promise<string> {
  const tree = specTree(await sampleSpecification());
  const drawing: string[] = [`${tree.id}  ${tree.strategy}`];
  draw(tree, '', drawing);
  const sections: string[] = [];
  describe(tree, sections);
  return [
    '# The supervision tree',
    '',
    'Generated from the specifications in `supervisors/` by `npm run docs`; `trunkline tree` shows the running one. A chain',
    'stands for all of them, a provider for all of a chain. What only EVM chains have, and what only Solana chains have, stands',
    'side by side.',
    '',
    '```',
    ...drawing,
    '```',
    '',
    'Children are started from top to bottom and stopped in reverse. Under `rest_for_one` the death of a child restarts it',
    'and those after it; under `one_for_one` it alone. More restarts than the intensity within the period end the supervisor,',
    'and its own supervisor decides.',
    '',
    ...sections,
  ].join('\n');
}

function draw(node: SupervisorNode, lead: string, lines: string[]): void {
  node.children.forEach((child, index) => {
    const isLast = index === node.children.length - 1;
    const strategy = child.supervisor === undefined ? '' : `  ${child.supervisor.strategy}`;
    lines.push(`${lead}${isLast ? '└─ ' : '├─ '}${child.id}${strategy}`);
    if (child.supervisor !== undefined) draw(child.supervisor, `${lead}${isLast ? '   ' : '│  '}`, lines);
  });
}

function describe(node: SupervisorNode, lines: string[]): void {
  lines.push(
    `## ${node.id}`,
    '',
    ...(node.about === undefined ? [] : [node.about, '']),
    `Strategy \`${node.strategy}\`, at most ${node.intensity} restarts in ${node.periodMs / 1_000} s.`,
    '',
    '| child | restart | stop | what it does |',
    '|---|---|---|---|',
    ...node.children.map(row),
    '',
  );
  for (const child of node.children) if (child.supervisor !== undefined) describe(child.supervisor, lines);
}

function row(child: SpecNode): string {
  const stop =
    typeof child.shutdown === 'number'
      ? `within ${child.shutdown / 1_000} s`
      : child.shutdown.replace('_', ' ');
  const about = child.about ?? child.supervisor?.about ?? '';
  return `| \`${child.id}\` | ${child.restart} | ${stop} | ${about} |`;
}

/** Everything there is: an embedded node, a provider with both transports, pipelines, the session builder, storage with a port for Redis clients. */
const sample = `
storage: { resp: { port: 0 } }
chains:
  example:
    chain_id: 1
    providers: [{ id: example, url: "http://127.0.0.1:1/", ws_url: "ws://127.0.0.1:1/" }]
  embedded:
    chain_id: 31337
    devnet: { engine: anvil }
  solana:
    family: solana
    genesis_hash: devnet
    providers: [{ id: example, url: "http://127.0.0.1:1/", ws_url: "ws://127.0.0.1:1/" }]
    geyser: { endpoints: [{ id: example, url: "http://127.0.0.1:1" }] }
pipelines:
  example:
    chain: solana
    kind: transaction
    filter: { programs: ['11111111111111111111111111111111'] }
    handlers: [{ type: log }]
sessions: { chain: solana, program: '11111111111111111111111111111111', keypair: example.json }
`;

async function sampleSpecification(): Promise<SupervisorSpec> {
  const loaded = parseConfig(sample, 'sample.yaml', {});
  if (!loaded.ok) throw new Error('the sample config of the documentation is not valid');
  const exchange = new Exchange(
    { loaded, adminToken: '', version: packageVersion() },
    {
      clock: systemClock,
      log: createLog({ level: 'error' }),
      metrics: silentMetrics,
      redactor: new Redactor(),
    },
  );
  const parts = (name: string) => exchange.assemblies.get(name)!.parts;
  const { pipelines } = parts('solana');
  return exchange.specification({
    ...parts('example'),
    name: '<name>',
    devnet: parts('embedded').devnet,
    pipelines,
    ...(pipelines === undefined ? {} : { pipelinesTemplate: await pipelines() }),
  });
}
