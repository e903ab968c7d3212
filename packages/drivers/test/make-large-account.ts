import { why } from '../../report/test/make-account.js'

/** Returns an account that is nearly as long as the longest one, 8 KB, with all members that a cause may have. */
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
