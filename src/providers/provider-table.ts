import type { Provider } from './provider.ts';

/** The providers of one chain. The hot path reads `providers`, an array that is replaced and never changed. */
export class ProviderTable {
  #providers: readonly Provider[] = [];
  #version = 0;

  /** By ascending `priority`, equal ones in the order of their addition. */
  get providers(): readonly Provider[] {
    return this.#providers;
  }

  /** Grows with each change of the table. */
  get version(): number {
    return this.#version;
  }

  get(id: string): Provider | undefined {
    return this.#providers.find(provider => provider.id === id);
  }

  /** Puts a provider in; one with the same id gives up its place to it and is returned, still running. */
  put(provider: Provider): Provider | undefined {
    const earlier = this.get(provider.id);
    const others =
      earlier === undefined
        ? this.#providers
        : this.#providers.map(other => (other === earlier ? provider : other));
    this.#set(earlier === undefined ? [...others, provider] : others);
    return earlier;
  }

  /** Takes a provider out and returns it, still running: what it does already may end. */
  remove(id: string): Provider | undefined {
    const provider = this.get(id);
    if (provider !== undefined) this.#set(this.#providers.filter(other => other !== provider));
    return provider;
  }

  #set(providers: readonly Provider[]): void {
    this.#providers = [...providers].sort((a, b) => a.priority - b.priority);
    this.#version++;
  }
}
