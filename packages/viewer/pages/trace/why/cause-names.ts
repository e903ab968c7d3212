import type { CauseKind } from '@osprofiler/report/toolkit'

/** The kinds of causes in words, for a legend. */
export const CAUSE_NAMES: Readonly<Record<CauseKind, string>> = {
  cpu: 'CPU',
  sync: 'Synchronous call',
  gc: 'Garbage collection',
  wait: 'Waiting',
  pool: 'Waiting for a thread',
  held: 'Event loop held by others',
  either: 'Waiting, or event loop held',
  short: 'Short sections',
  native: 'Native code',
  osprofiler: 'OSProfiler',
  unknown: 'Not explained',
}
