import type { ServerResponse } from 'node:http';
import type { HealthRegistry, HealthReport } from '../telemetry/health-registry.ts';
import { type MetricRegistry, metricsContentType } from '../telemetry/metrics.ts';

export interface StatusSources {
  readonly health: HealthRegistry;
  readonly metrics: MetricRegistry;
  /** The body of `/stats`: plain data without URLs. */
  readonly stats: () => unknown;
  readonly isDraining: () => boolean;
  /** Answers further paths, those of services; undefined: the path is none of theirs. @default there are none */
  readonly services?: (path: string) => StatusAnswer | undefined;
}

/** What a service says of itself. */
export interface StatusAnswer {
  /** Of HTTP. */
  readonly status: number;
  /** Plain data without secrets. */
  readonly body: unknown;
}

/** `GET /health`, `/ready`, `/stats`, `/metrics`, and what services add: what operators and their tools look at. */
export class StatusRoutes {
  readonly #sources: StatusSources;

  constructor(sources: StatusSources) {
    this.#sources = sources;
  }

  /** Answers `path` and returns true, or returns false when it is not one of these. */
  handle(path: string, response: ServerResponse): boolean {
    switch (path) {
      case '/health':
        sendReport(response, this.#sources.health.liveness());
        return true;
      case '/ready': {
        const report = this.#sources.health.readiness();
        sendReport(response, this.#sources.isDraining() ? { ...report, status: 'failed' } : report);
        return true;
      }
      case '/stats':
        sendJson(response, 200, this.#sources.stats());
        return true;
      case '/metrics':
        this.#sendMetrics(response);
        return true;
      default:
        return this.#answerService(path, response);
    }
  }

  #answerService(path: string, response: ServerResponse): boolean {
    const answer = this.#sources.services?.(path);
    if (answer === undefined) return false;
    sendJson(response, answer.status, answer.body);
    return true;
  }

  #sendMetrics(response: ServerResponse): void {
    this.#sources.metrics.expose().then(
      text => response.writeHead(200, { 'content-type': metricsContentType }).end(text),
      () => response.writeHead(500).end(),
    );
  }
}

/** Writes a JSON body, indented for the person who reads it with curl. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body, undefined, 2)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

function sendReport(response: ServerResponse, report: HealthReport): void {
  sendJson(response, report.status === 'failed' ? 503 : 200, report);
}
