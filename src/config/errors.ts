import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** What can be wrong with a config file; every code is the one of a diagnostic with a position in the file. */
export const configErrors = {
  config_file_missing: { sentence: 'There is no file at the given path.' },
  config_file_unreadable: {
    sentence: 'The file exists but cannot be read: no permission, not a regular file, or not UTF-8.',
  },
  config_too_large: {
    sentence: 'The file, its nesting or what its aliases expand to is larger than any config needs to be.',
  },
  config_syntax: { sentence: 'The file is not one valid YAML document.' },
  config_duplicate_key: {
    sentence: 'The same key stands twice in one section; YAML would keep one of them silently.',
  },
  config_unknown_key: {
    sentence: 'The section has no such key. Often a typing mistake, or the right key one level off.',
  },
  config_missing_key: { sentence: 'A key that has no default is missing.' },
  config_invalid_value: { sentence: 'The value is not of the type or range that its key takes.' },
  config_invalid_name: { sentence: 'A chain or a header has a name that is not allowed.' },
  config_bad_reference: {
    sentence:
      'A `$` and `{` are not the start of a reference to an environment variable; a doubled `$` writes one `$`.',
  },
  config_unset_variable: {
    sentence: 'A value outside `providers` needs an environment variable that is unset or empty.',
  },
  config_duplicate_name: {
    sentence: 'Two chains have the same chain id, or two providers of a chain the same id.',
  },
  config_conflict: { sentence: 'Two settings contradict each other.' },
  config_unsupported: { sentence: 'The setting is reserved for a later version.' },
  config_bad_file: {
    sentence:
      'A file that a setting names is missing, cannot be read, or is not what it has to be; told by `trunkline check`.',
  },
  config_apply_failed: {
    sentence:
      'The file was valid, but the running system could not take it over; the previous config keeps running.',
  },
  config_suspicious: { sentence: 'A warning: the settings are valid but unlikely to do what was meant.' },
  config_literal_secret: {
    sentence:
      'A warning: a key stands in the file itself; an environment variable keeps it out of backups and repositories.',
  },
} as const satisfies ErrorCatalogue;

export type ConfigErrorCode = keyof typeof configErrors;
