import type { Finding } from '../diagnostic.ts';
import type { Check } from './check.ts';

/** Providers have ids of their own within a chain, an address, and are different upstreams. */
export const checkProviders: Check = ({ config, incomplete }) => {
  const findings: Finding[] = [];
  for (const [name, chain] of Object.entries(config.chains)) {
    const ids = new Map<string, number>();
    const addresses = new Map<string, string>();
    for (const [index, provider] of chain.providers.entries()) {
      const path = ['chains', name, 'providers', index];
      // Ids are metric labels and header values that people type: two that differ in case only are one.
      const id = provider.id.toLowerCase();
      const first = ids.get(id);
      if (first === undefined) ids.set(id, index);
      else {
        findings.push({
          code: 'config_duplicate_name',
          message: `provider id "${provider.id}" stands twice in \`chains.${name}\``,
          hint: 'give each provider an id of its own',
          path: [...path, 'id'],
          involves: [['chains', name, 'providers', first, 'id']],
        });
      }
      if (provider.url === undefined && provider.ws_url === undefined) {
        findings.push({
          code: 'config_missing_key',
          message: `provider "${provider.id}" has neither \`url\` nor \`ws_url\``,
          hint: 'give `url: "https://…"`, and `ws_url: "wss://…"` for events',
          path,
          involves: [
            [...path, 'id'],
            [...path, 'url'],
            [...path, 'ws_url'],
          ],
        });
      }
      if (incomplete.has(`${name}/providers/${index}`) || provider.url === undefined) continue;
      const same = addresses.get(provider.url);
      if (same === undefined) addresses.set(provider.url, provider.id);
      else {
        findings.push({
          severity: 'warning',
          code: 'config_suspicious',
          message: `providers "${same}" and "${provider.id}" have the same address: one cannot stand in for the other`,
          path: [...path, 'url'],
          involves: [[...path, 'id']],
        });
      }
    }
  }
  return findings;
};
