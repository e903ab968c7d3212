import { type Point, sent, served } from './make-trace.js'

/**
 * Returns a call from one host to another. The request and the response each take 2 ms. The callee's clock is off by
 * `skew`.
 */
export function call(id: string, from: number, to: number, skew: number, hosts: readonly [string, string]): Point[] {
  return [
    { id, parent: 'root', host: hosts[0], ...sent(hosts[1], 80, '/'), from, to },
    {
      id: `${id}-callee`,
      parent: id,
      host: hosts[1],
      service: hosts[1],
      ...served('/'),
      from: from + 2000 + skew,
      to: to - 2000 + skew,
    },
  ]
}

/** Returns a request of 200 ms on one host, which contains the calls. */
export function request(...points: readonly Point[]): Point[] {
  return [{ id: 'root', host: 'web', ...served('/'), from: 10_000, to: 210_000 }, ...points]
}
