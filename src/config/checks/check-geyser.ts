import type { Finding } from '../diagnostic.ts';
import type { Check } from './check.ts';

/** The endpoints of a chain's stream have ids of their own, and an embedded chain brings its own. */
export const checkGeyser: Check = ({ config }) => {
  const findings: Finding[] = [];
  for (const [name, { geyser, devnet }] of Object.entries(config.chains)) {
    if (geyser === undefined) continue;
    const path = ['chains', name, 'geyser', 'endpoints'];
    const ids = new Map<string, number>();
    for (const [index, { id }] of geyser.endpoints.entries()) {
      const first = ids.get(id.toLowerCase());
      if (first === undefined) ids.set(id.toLowerCase(), index);
      else {
        findings.push({
          code: 'config_duplicate_name',
          message: `endpoint id "${id}" stands twice in \`chains.${name}.geyser\``,
          hint: 'give each endpoint an id of its own',
          path: [...path, index, 'id'],
          involves: [[...path, first, 'id']],
        });
      }
    }
    if (devnet !== undefined && geyser.endpoints.length > 0) {
      findings.push({
        code: 'config_conflict',
        message: `\`chains.${name}\` has both \`devnet\` and \`geyser.endpoints\``,
        hint: 'an embedded chain brings its own endpoints: keep one of the two',
        path,
        at: 'key',
        involves: [['chains', name, 'devnet']],
      });
    }
  }
  return findings;
};
