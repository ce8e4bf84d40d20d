import { PipelineError } from './errors.ts';

const maxMessage = 300;
const maxCode = 64;

/** What is read of something thrown, which modules of users may choose: its message, cut; never its stack. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    const said = (thrown as { readonly message?: unknown } | null | undefined)?.message;
    const text = typeof said === 'string' && said !== '' ? said : String(thrown);
    return text.length > maxMessage ? `${text.slice(0, maxMessage)}…` : text;
  } catch {
    return 'what was thrown has no form as text';
  }
}

/** Its code, where it is one. Never throws. */
export function codeOf(thrown: unknown): string | undefined {
  try {
    const code = (thrown as { readonly code?: unknown } | null | undefined)?.code;
    return typeof code === 'string' ? code.slice(0, maxCode) : undefined;
  } catch {
    return undefined;
  }
}

/** What was thrown, where it is an error of pipelines. Never throws. */
export function pipelineErrorOf(thrown: unknown): PipelineError | undefined {
  try {
    return thrown instanceof PipelineError ? thrown : undefined;
  } catch {
    return undefined;
  }
}
