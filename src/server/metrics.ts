import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"

/** What a server counts, in the text format of Prometheus. One server has one: nothing is global. */
export class Metrics {
  readonly #registry = new Registry()
  readonly requests = new Histogram({
    name: "waybill_http_request_duration_seconds",
    help: "Time from a request to its answer, by route",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.#registry],
  })
  readonly running = new Gauge({
    name: "waybill_http_requests_running",
    help: "Requests under way",
    registers: [this.#registry],
  })
  readonly failedLogins = new Counter({
    name: "waybill_failed_logins_total",
    help: "Requests with a secret that is wrong or was revoked",
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  print(): Promise<string> {
    return this.#registry.metrics()
  }
}
