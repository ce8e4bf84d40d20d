import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigPath, Finding } from '../config/diagnostic.ts';
import type { PipelineConfig } from '../config/sections/pipelines/pipeline.ts';
import type { Config } from '../config/sections/root.ts';
import { createParser } from '../pipelines/parsers/create-parser.ts';
import { loadKeypair } from '../sessions/keypair-file.ts';

/**
 * What is wrong with the files that a valid config names: IDLs and the keypair are read, but that of an embedded chain,
 * which is made; modules have to be there, and are not run.
 *
 * @param directory where relative paths of pipelines begin
 */
export async function fileFindings(config: Config, directory: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [id, pipeline] of Object.entries(config.pipelines)) {
    if (pipeline.enabled) findings.push(...pipelineFindings(pipeline, ['pipelines', id], directory));
  }
  const { sessions, chains } = config;
  if (sessions === undefined) return findings;
  try {
    if (chains[sessions.chain]?.devnet === undefined) await loadKeypair(sessions.keypair, { isMade: false });
  } catch (error) {
    findings.push(finding(['sessions', 'keypair'], error));
  }
  return findings;
}

function pipelineFindings(
  { parser, handlers }: PipelineConfig,
  at: ConfigPath,
  directory: string,
): Finding[] {
  const findings: Finding[] = [];
  const look = (path: ConfigPath, read: () => void) => {
    try {
      read();
    } catch (error) {
      findings.push(finding([...at, ...path], error));
    }
  };
  const { idl, path } = parser;
  if (path !== undefined) look(['parser', 'path'], () => findModule(resolve(directory, path)));
  else if (idl !== undefined)
    look(['parser', 'idl'], () => void createParser({ ...parser, idl: resolve(directory, idl) }));
  for (const [index, handler] of handlers.entries()) {
    const module = handler.path;
    if (module !== undefined) look(['handlers', index, 'path'], () => findModule(resolve(directory, module)));
  }
  return findings;
}

function findModule(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(isMissing ? `there is no file ${file}` : `no permission to read ${file}`);
  }
}

function finding(path: ConfigPath, error: unknown): Finding {
  return { code: 'config_bad_file', message: error instanceof Error ? error.message : String(error), path };
}
