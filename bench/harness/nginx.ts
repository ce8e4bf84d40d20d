import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { BenchChild, ChildProcesses } from './child-processes.ts';
import { waitFor } from './wait-for.ts';

/** An nginx with one worker on a loopback port of its own. */
export class Nginx {
  readonly port: number;
  readonly child: BenchChild;

  private constructor(port: number, child: BenchChild) {
    this.port = port;
    this.child = child;
  }

  /**
   * An upstream: the request with the body of `bodyLength` bytes gets `answer`; all others, the probes of a gateway, go
   * to the node at `probePort`. nginx cannot look into a body cheaply, so its length tells them apart.
   */
  static upstream(
    children: ChildProcesses,
    options: { answer: string; bodyLength: number; probePort: number; core?: number | undefined },
  ): Promise<Nginx> {
    return Nginx.#start(
      children,
      'nginx upstream',
      port => `
  upstream probes { server 127.0.0.1:${options.probePort}; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    default_type application/json;
    location = /status { stub_status; }
    location / {
      if ($http_content_length = "${options.bodyLength}") { return 200 '${options.answer}'; }
      proxy_pass http://probes;
    }
  }`,
      options.core,
    );
  }

  /** A reverse proxy as a bare `proxy_pass` makes it, nginx's default: a connection to the upstream for each request. */
  static defaultProxy(
    children: ChildProcesses,
    options: { upstreamPort: number; core?: number | undefined },
  ): Promise<Nginx> {
    const location = `location / { proxy_pass http://127.0.0.1:${options.upstreamPort}; }`;
    return Nginx.#start(
      children,
      'nginx default',
      port => `  server { listen 127.0.0.1:${port} backlog=1024; ${location} }`,
      options.core,
    );
  }

  /** A reverse proxy in front of the upstream at `upstreamPort`, tuned: connections are kept alive on both sides. */
  static keepAliveProxy(
    children: ChildProcesses,
    options: { upstreamPort: number; core?: number | undefined },
  ): Promise<Nginx> {
    return Nginx.#start(
      children,
      'nginx keep-alive',
      port => `
  upstream node { server 127.0.0.1:${options.upstreamPort}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://node;
    }
  }`,
      options.core,
    );
  }

  static async #start(
    children: ChildProcesses,
    name: string,
    http: (port: number) => string,
    core: number | undefined,
  ): Promise<Nginx> {
    const folder = children.makeFolder();
    const port = await findFreePort('127.0.0.1');
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      kind => `  ${kind}_temp_path ${folder}/${kind};`,
    );
    const lines = [
      'daemon off;',
      'worker_processes 1;',
      `pid ${folder}/nginx.pid;`,
      'error_log stderr warn;',
      'events { worker_connections 1024; }',
      'http {',
      '  access_log off;',
      '  tcp_nodelay on;',
      '  keepalive_requests 100000000;',
      ...paths,
      http(port),
      '}',
    ];
    const file = join(folder, 'nginx.conf');
    await writeFile(file, lines.join('\n'));
    const child = children.start(name, 'nginx', ['-e', 'stderr', '-p', folder, '-c', file], { core });
    await waitFor(
      child,
      async () => (await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' })).status > 0,
    );
    return new Nginx(port, child);
  }

  /** Requests that it has served so far; only an upstream counts them. */
  async requests(): Promise<number> {
    const status = await (await fetch(`http://127.0.0.1:${this.port}/status`)).text();
    return Number(/\n\s*\d+ \d+ (\d+)/.exec(status)?.[1]);
  }
}
