import { why } from '../../report/test/make-account.js'

/**
 * Returns an account of nearly 8 KB, which is the limit. An account says where a request's own time went: see
 * docs/why.md. The causes in this account have every member that a cause may have.
 */
export function makeLargeAccount(): Record<string, unknown> {
  const kinds = ['cpu', 'gc', 'sync', 'wait', 'pool', 'held', 'either', 'short', 'native', 'osprofiler']
  const causes = Array.from({ length: 20 }, (_, index) => ({
    kind: kinds[index % kinds.length] ?? 'unknown',
    ...{ what: 'readFileSync', by: `rebuildIndex${index}`, byFile: 'src/index.ts', byLine: 93, via: 'lodash' },
    ...{ function: `Größe.${index}.<anonymous>`, file: `src/注文/orders-${index}.ts`, line: index },
    ...{ hotFile: 'src/orders.ts', hotLine: 38, hotShare: 0.57 },
  }))
  const timeline = Array.from({ length: 180 }, (_, index) => [index * 1.234, index * 1.234 + 0.5, index % 20] as const)
  return why(causes, timeline, { asked: 'cpu', because: 'interval', cut: true })
}
